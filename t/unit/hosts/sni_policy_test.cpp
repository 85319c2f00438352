// SPDX-License-Identifier: Apache-2.0
//
// SSLVHostSNIPolicy: what is a difference at all, and that the answer names both lines. From which
// strictness on each setting is one, host_fields_test has.
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
  config.*Member = {Value, site.place("written")};
}

constexpr Change kDefaults[] = {
    nullptr,
    set<&ServerConfig::honor_cipher_order, false>,
    set<&ServerConfig::verify_client, VerifyMode::none>,
    set<&ServerConfig::verify_depth, 1>,
};

/// Two hosts of one certificate.
struct Pair : World {
  Pair() {
    const std::string file =
        complete("both.pem", issue({.name = "a", .names = {"a.test", "b.test"}, .issuer = &root}));
    site.add_tls("a.test", file, {});
    site.add_tls("b.test", file, {});
  }
};

START_TEST(a_default_that_is_written_out_is_no_difference) {
  Pair world;
  if (kDefaults[_i] != nullptr) kDefaults[_i](world.site, world.site.last());
  const auto snapshot = world.build_well();
  for (const SniPolicy policy : kPolicies) {
    const auto difference = first_difference(snapshot->host(1), snapshot->host(2), policy);
    ck_assert_int_eq(difference.has_value(), policy == SniPolicy::strict);
    if (difference) expect_text(difference->directive, "");
  }
}
END_TEST

START_TEST(users_differ_from_none) {
  Pair world;
  const std::string file = world.folder.write("users", "# nobody\n");
  world.site.last().srp_file = {world.site.keep(file), world.site.place("SSLSRPVerifierFile")};
  const auto snapshot = world.build_well();
  const auto difference =
      first_difference(snapshot->host(1), snapshot->host(2), SniPolicy::auth_only);
  ck_assert(difference.has_value());
  expect_text(difference->directive, "SSLSRPVerifierFile");
  ck_assert_int_eq(difference->in_connection.line, 0);
  ck_assert_int_eq(difference->in_request.line, world.site.line());
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
  tcase_add_loop_test(tests, a_default_that_is_written_out_is_no_difference, 0,
                      std::size(kDefaults));
  tcase_add_test(tests, users_differ_from_none);
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
