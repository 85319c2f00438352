// SPDX-License-Identifier: Apache-2.0
//
// SSLVHostSNIPolicy, setting by setting: from which strictness on two hosts that differ in it
// may not share a connection, and that the answer names both lines.
#include "ssl_engine/hosts/sni_policy.h"

#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "t/unit/test_certs.h"
#include "t/unit/world.h"

namespace tlsplus::test {
namespace {

constexpr SniPolicy kPolicies[] = {SniPolicy::strict, SniPolicy::secure, SniPolicy::auth_only,
                                   SniPolicy::insecure};

/// Changes the second host; null changes nothing.
using Change = void (*)(Site& site, ServerConfig& config);

template <auto Member, auto Value>
void set(Site& site, ServerConfig& config) {
  config.*Member = {Value, site.place("changed")};
}

void other_versions(Site& site, ServerConfig& config) {
  ProtocolSelection only;
  only.versions.add(Protocol::tls1_3);
  config.protocol = {only, site.place("SSLProtocol")};
}

void other_ciphers(Site& site, ServerConfig& config) {
  config.cipher_list = {"ECDHE-ECDSA-AES256-GCM-SHA384", site.place("SSLCipherSuite")};
}

void a_command(Site& site, ServerConfig& config) {
  config.conf_commands.add({"Groups", "P-256"}, site.place("SSLOpenSSLConfCmd"));
}

void longer_sessions(Site& site, ServerConfig& config) {
  config.session_timeout = {std::chrono::seconds(77), site.place("SSLSessionCacheTimeout")};
}

void users(Site& site, ServerConfig& config) {
  static const Folder folder;
  config.srp_file = {site.keep(folder.write("users", "# nobody\n")),
                     site.place("SSLSRPVerifierFile")};
}

void a_seed(Site& site, ServerConfig& config) {
  config.srp_seed = {"seed", site.place("SSLSRPUnknownUserSeed")};
}

static const struct {
  const char* directive;  // null: equal settings
  Change change;
  int refused_by;  // how many of kPolicies, from the strictest
} kRows[] = {
    {nullptr, nullptr, 1},
    {nullptr, set<&ServerConfig::honor_cipher_order, false>, 1},  // a default, written out
    {"SSLHonorCipherOrder", set<&ServerConfig::honor_cipher_order, true>, 1},
    {"SSLSessionTickets", set<&ServerConfig::session_tickets, false>, 1},
    {"SSLSessionCacheTimeout", longer_sessions, 1},
    {"SSLProtocol", other_versions, 2},
    {"SSLCipherSuite", other_ciphers, 2},
    {"SSLOpenSSLConfCmd", a_command, 3},
    {nullptr, set<&ServerConfig::verify_client, VerifyMode::none>, 1},
    {"SSLVerifyClient", set<&ServerConfig::verify_client, VerifyMode::optional_no_ca>, 3},
    {nullptr, set<&ServerConfig::verify_depth, 1>, 1},
    {"SSLVerifyDepth", set<&ServerConfig::verify_depth, 2>, 3},
    {"SSLSRPVerifierFile", users, 3},
    {"SSLSRPUnknownUserSeed", a_seed, 1},
};

START_TEST(each_setting_has_its_strictness) {
  const auto& row = kRows[_i];
  World world;
  const std::string file = world.complete(
      "both.pem", issue({.name = "a", .names = {"a.test", "b.test"}, .issuer = &world.root}));
  world.site.add_tls("a.test", file, {});
  world.site.add_tls("b.test", file, {});
  if (row.change != nullptr) row.change(world.site, world.site.last());
  const int line = world.site.line();
  const auto snapshot = world.build_well();
  for (std::size_t i = 0; i < std::size(kPolicies); ++i) {
    const auto difference = first_difference(snapshot->host(1), snapshot->host(2), kPolicies[i]);
    ck_assert_int_eq(difference.has_value(), static_cast<int>(i) < row.refused_by);
    if (!difference || row.directive == nullptr) continue;
    expect_text(difference->directive, row.directive);
    ck_assert_int_eq(difference->in_connection.line, 0);
    ck_assert_int_eq(difference->in_request.line, line);
  }
}
END_TEST

START_TEST(a_host_is_never_different_from_itself) {
  World world;
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  const auto snapshot = world.build_well();
  for (const SniPolicy policy : kPolicies) {
    ck_assert(!first_difference(snapshot->host(1), snapshot->host(1), policy));
  }
}
END_TEST

START_TEST(a_host_without_engine_shares_with_none) {
  World world;
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  world.site.add("b.test", 8080);
  const auto snapshot = world.build_well();
  const auto difference =
      first_difference(snapshot->host(1), snapshot->host(2), SniPolicy::auth_only);
  ck_assert(difference.has_value());
  expect_text(difference->directive, "SSLEngine");
}
END_TEST

Suite* sni_policy_suite() {
  Suite* suite = suite_create("sni_policy");
  TCase* tests = tcase_create("differences");
  tcase_add_loop_test(tests, each_setting_has_its_strictness, 0, std::size(kRows));
  tcase_add_test(tests, a_host_is_never_different_from_itself);
  tcase_add_test(tests, a_host_without_engine_shares_with_none);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::sni_policy_suite());
}
