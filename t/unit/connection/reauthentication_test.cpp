// SPDX-License-Identifier: Apache-2.0
//
// Clients that are asked again, in whole connections in memory: what they have shown, by which
// other rules they would have passed, and what comes of their answers.
#include "ssl_engine/connection/reauthentication.h"

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
    SSL* ssl = client.ssl.get();
    SSL_set_max_proto_version(ssl, highest_version);
    SSL_set_tlsext_host_name(ssl, "b.test");
    if (has_certificate) give_certificate(authority_);
    start();
    talk();
    ck_assert(server->phase() == Phase::established);
  }

  /// One for the client to show, which `issuer` has vouched for by way of an intermediate.
  void give_certificate(const Identity& issuer) {
    const Identity between = lasting("between", &issuer);
    const Identity member = lasting("member", &between, false);
    SSL* ssl = client.ssl.get();
    SSL_use_certificate(ssl, member.certificate.get());
    SSL_use_PrivateKey(ssl, member.key.get());
    SSL_add1_chain_cert(ssl, between.certificate.get());
  }
  const Identity& authority() const { return authority_; }

  Reauthentication& asking() { return server->reauthentication(); }

  /// Asks by these rules and the authorities of b.test, and lets both sides talk until neither has
  /// anything to say.
  void ask_again(const VerifyRules& rules) {
    ck_assert(server->reauthenticate(rules, trust_of("b.test")));
    ck_assert(!asking().is_answered());
    while (!server->out().empty()) {
      client.give(server->out());
      (void)client.read();
      const Bytes sent = client.take();
      server->feed(sent);
      Byte plaintext[256];
      std::size_t count = 0;
      while (server->decrypt(plaintext, count) == StreamStatus::done) ck_assert_uint_eq(count, 0);
    }
  }

  std::shared_ptr<const TrustStore> trust_of(std::string_view name) {
    return services->host_named(name)->trust;
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
    const Shown before = clients.asking().shown();
    ck_assert(before.has_certificate && before.is_verified);
    for (const auto& row : kRules) {
      const TrustStore* trust = row.trust == nullptr ? nullptr : clients.trust_of(row.trust).get();
      ck_assert_msg(clients.asking().would_pass(row.rules, trust) == row.passes, "rule %td",
                    &row - kRules);
    }
    // Nothing has changed: not what was asked, not what came of it.
    const Shown after = clients.asking().shown();
    ck_assert(after.is_verified && after.trust == before.trust);
    ck_assert_int_eq(after.rules.depth, before.rules.depth);
    ck_assert(clients.server->phase() == Phase::established);
  }
}
END_TEST

START_TEST(who_has_shown_nothing_passes_nowhere) {
  Clients clients;
  clients.connect_as(false, TLS1_3_VERSION);
  ck_assert(!clients.asking().shown().has_certificate);
  ck_assert(!clients.asking().would_pass({VerifyMode::optional_no_ca, 5, false},
                                         clients.trust_of("b.test").get()));
}
END_TEST

constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
const VerifyRules kRequire{VerifyMode::require, 2, false};
const VerifyRules kOptional{VerifyMode::optional, 2, false};

struct Asked : Clients {
  /// Connects as somebody who shows nothing yet and lets itself be asked.
  explicit Asked(int version) {
    SSL_set_post_handshake_auth(client.ssl.get(), 1);
    connect_as(false, version);
    ck_assert(asking().support() == ReauthenticationSupport::yes);
  }
};

START_TEST(an_answer_counts_from_then_on) {
  Asked clients(kVersions[_i]);
  clients.give_certificate(clients.authority());
  clients.ask_again(kRequire);
  ck_assert(clients.asking().is_answered());
  ck_assert(clients.asking().finish());
  const Shown shown = clients.asking().shown();
  ck_assert(shown.has_certificate && shown.is_verified);
  ck_assert(shown.rules.mode == VerifyMode::require);
  ck_assert(clients.server->phase() == Phase::established);
}
END_TEST

START_TEST(who_may_show_nothing_passes_with_nothing) {
  Asked clients(kVersions[_i]);
  clients.ask_again(kOptional);
  ck_assert(clients.asking().is_answered());
  ck_assert(clients.asking().finish());
  ck_assert(!clients.asking().shown().has_certificate);
}
END_TEST

START_TEST(who_must_show_something_does_not) {
  Asked clients(kVersions[_i]);
  clients.ask_again(kRequire);
  // TLS 1.3 has room for "no" in its answer; a renegotiation ends with an alert.
  const bool is_tls13 = kVersions[_i] == TLS1_3_VERSION;
  ck_assert(clients.asking().is_answered() == is_tls13);
  ck_assert(clients.server->phase() == (is_tls13 ? Phase::established : Phase::failed));
  ck_assert(!clients.asking().finish());
}
END_TEST

START_TEST(a_stranger_is_refused) {
  Asked clients(kVersions[_i]);
  clients.give_certificate(lasting("a stranger", nullptr));
  clients.ask_again(kOptional);
  ck_assert(clients.server->phase() == Phase::failed);
  ck_assert(!clients.asking().is_answered());
  ck_assert(!clients.asking().finish());
}
END_TEST

START_TEST(without_an_answer_nothing_changes) {
  Asked clients(kVersions[_i]);
  const Shown before = clients.asking().shown();
  ck_assert(clients.asking().is_at_rest());
  ck_assert(clients.server->reauthenticate(kRequire, clients.trust_of("c.test")));
  ck_assert(clients.asking().shown().trust != before.trust);
  ck_assert(!clients.asking().is_answered());
  ck_assert(!clients.asking().finish());
  const Shown after = clients.asking().shown();
  ck_assert(after.trust == before.trust);
  ck_assert(after.rules.mode == before.rules.mode);
  ck_assert(clients.server->phase() == Phase::established);
}
END_TEST

START_TEST(who_does_not_offer_it_cannot_be_asked) {
  for (const int version : kVersions) {
    Clients clients;
    clients.connect_as(false, version);
    ck_assert(clients.asking().support() == (version == TLS1_3_VERSION
                                                 ? ReauthenticationSupport::no_post_handshake_auth
                                                 : ReauthenticationSupport::yes));
  }
}
END_TEST

Suite* reauthentication_suite() {
  Suite* suite = suite_create("reauthentication");
  TCase* tests = tcase_create("again");
  tcase_add_test(tests, a_certificate_is_held_against_other_rules);
  tcase_add_test(tests, who_has_shown_nothing_passes_nowhere);
  constexpr int kEach = std::size(kVersions);
  tcase_add_loop_test(tests, an_answer_counts_from_then_on, 0, kEach);
  tcase_add_loop_test(tests, who_may_show_nothing_passes_with_nothing, 0, kEach);
  tcase_add_loop_test(tests, who_must_show_something_does_not, 0, kEach);
  tcase_add_loop_test(tests, a_stranger_is_refused, 0, kEach);
  tcase_add_loop_test(tests, without_an_answer_nothing_changes, 0, kEach);
  tcase_add_test(tests, who_does_not_offer_it_cannot_be_asked);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::reauthentication_suite());
}
