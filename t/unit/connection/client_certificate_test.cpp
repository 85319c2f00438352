// SPDX-License-Identifier: Apache-2.0
//
// A client that has shown its certificate, in whole connections in memory: by which other rules it
// would have passed, too.
#include "ssl_engine/trust/trust_store.h"
#include "t/unit/connection_pair.h"

namespace tlsplus::test {
namespace {

/// OpenSSL asks the real clock: valid from 2001 to 2096.
Identity lasting(const std::string& name, const Identity* issuer, bool ca = true) {
  return issue(
      {.name = name, .ca = ca, .issuer = issuer, .begin = 1'000'000'000, .end = 4'000'000'000});
}

/// b.test asks for certificates of an authority, up to depth 2; c.test believes somebody else.
struct Clients : Setup {
  Clients() {
    ask(world.site.last(), authority_);
    world.site.add_tls("c.test", world.complete("c.pem", world.leaf("c.test")), {});
    ask(world.site.last(), lasting("another authority", nullptr));
  }

  /// Connects to b.test, with a certificate of an intermediate authority or with none.
  void connect_as(bool has_certificate, int highest_version) {
    const Identity between = lasting("between", &authority_);
    const Identity member = lasting("member", &between, false);
    SSL* ssl = client.ssl.get();
    SSL_set_max_proto_version(ssl, highest_version);
    SSL_set_tlsext_host_name(ssl, "b.test");
    if (has_certificate) {
      SSL_use_certificate(ssl, member.certificate.get());
      SSL_use_PrivateKey(ssl, member.key.get());
      SSL_add1_chain_cert(ssl, between.certificate.get());
    }
    start();
    talk();
    ck_assert(server->phase() == Phase::established);
  }

  const TrustStore* trust_of(std::string_view name) {
    return services->host_named(name)->trust.get();
  }

 private:
  void ask(ServerConfig& config, const Identity& believed) {
    const std::string file =
        world.folder.write("ca" + std::to_string(++files_), pem(*believed.certificate));
    config.ca_file = {world.site.keep(file), world.site.place("SSLCACertificateFile")};
    config.verify_client = {VerifyMode::optional, world.site.place("SSLVerifyClient")};
    config.verify_depth = {2, world.site.place("SSLVerifyDepth")};
  }

  Identity authority_ = lasting("authority", nullptr);
  int files_ = 0;
};

const struct {
  VerifyRules rules;
  const char* trust;  // whose; null: nobody's
  bool passes;
} kRules[] = {
    {{VerifyMode::optional, 2, false}, "b.test", true},
    {{VerifyMode::require, 2, false}, "b.test", true},
    {{VerifyMode::require, 5, false}, "b.test", true},
    {{VerifyMode::require, 1, false}, "b.test", false},
    {{VerifyMode::optional_no_ca, 1, false}, "b.test", false},
    {{VerifyMode::require, 2, false}, "c.test", false},
    {{VerifyMode::optional_no_ca, 2, false}, "c.test", true},
    {{VerifyMode::require, 2, false}, nullptr, false},
};

START_TEST(a_certificate_is_held_against_other_rules) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Clients clients;
    clients.connect_as(true, version);
    const Shown before = clients.server->shown();
    ck_assert(before.has_certificate && before.is_verified);
    for (const auto& row : kRules) {
      const TrustStore* trust = row.trust == nullptr ? nullptr : clients.trust_of(row.trust);
      ck_assert_msg(clients.server->would_pass(row.rules, trust) == row.passes, "rule %td",
                    &row - kRules);
    }
    // Nothing has changed: not what was asked, not what came of it.
    const Shown after = clients.server->shown();
    ck_assert(after.is_verified && after.trust == before.trust);
    ck_assert_int_eq(after.rules.depth, before.rules.depth);
    ck_assert(clients.server->phase() == Phase::established);
  }
}
END_TEST

START_TEST(who_has_shown_nothing_passes_nowhere) {
  Clients clients;
  clients.connect_as(false, TLS1_3_VERSION);
  ck_assert(!clients.server->shown().has_certificate);
  ck_assert(!clients.server->would_pass({VerifyMode::optional_no_ca, 5, false},
                                        clients.trust_of("b.test")));
}
END_TEST

Suite* client_certificate_suite() {
  Suite* suite = suite_create("client_certificate");
  TCase* tests = tcase_create("again");
  tcase_add_test(tests, a_certificate_is_held_against_other_rules);
  tcase_add_test(tests, who_has_shown_nothing_passes_nowhere);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::client_certificate_suite());
}
