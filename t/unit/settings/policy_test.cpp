// SPDX-License-Identifier: Apache-2.0
//
// What is written and what is left out come to the same policy when they mean the same, and to
// another when anything differs: two hosts share an SSL_CTX by this equality.
#include "ssl_engine/settings/policy.h"

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;

const Origin kLine{"SSL...", "site.conf", 1};

START_TEST(what_holds_by_default) {
  const Policy policy = effective_policy(ServerConfig{});
  ck_assert(policy.selected == default_protocols());
  ck_assert(policy.versions.highest == Protocol::tls1_3);
  ck_assert(policy.cipher_list.empty() && policy.cipher_suites.empty());
  ck_assert(!policy.honor_cipher_order && !policy.compression && !policy.insecure_renegotiation);
  ck_assert(policy.session_tickets);
  ck_assert_int_eq(static_cast<int>(policy.session_timeout.count()), 300);
  ck_assert(policy.conf_commands.empty());
}
END_TEST

START_TEST(a_default_spelled_out_is_the_default) {
  ServerConfig config;
  config.protocol = {{default_protocols()}, kLine};
  config.cipher_list = {"  ", kLine};
  config.honor_cipher_order = {false, kLine};
  config.session_tickets = {true, kLine};
  config.session_timeout = {std::chrono::seconds{300}, kLine};
  const Policy written = effective_policy(config);
  const Policy unwritten = effective_policy(ServerConfig{});
  ck_assert(written == unwritten);
  ck_assert_uint_eq(written.hash(), unwritten.hash());
}
END_TEST

struct Difference {
  const char* name;
  void (*make)(ServerConfig&);
};

// Those that might be taken for each other: the same value in another field, in another order, of
// another strictness. That each field counts at all, host_fields_test has.
const Difference kDifferences[] = {
    {"protocol",
     [](ServerConfig& config) {
       ProtocolSelection only;
       only.versions.add(Protocol::tls1_2);
       config.protocol = {only, kLine};
     }},
    {"hole",  // the same range is served, but another finding is made
     [](ServerConfig& config) {
       ProtocolSelection hole;
       hole.versions.add(Protocol::tls1_2);
       hole.versions.add(Protocol::tls1_0);
       config.protocol = {hole, kLine};
     }},
    {"empty",
     [](ServerConfig& config) {
       config.protocol = {{}, kLine};
     }},
    {"list",
     [](ServerConfig& config) {
       config.cipher_list = {"HIGH", kLine};
     }},
    {"suites",
     [](ServerConfig& config) {
       config.cipher_suites = {"HIGH", kLine};
     }},
    {"order",
     [](ServerConfig& config) {
       config.honor_cipher_order = {true, kLine};
     }},
    {"compression",
     [](ServerConfig& config) {
       config.compression = {true, kLine};
     }},
    {"renegotiation",
     [](ServerConfig& config) {
       config.insecure_renegotiation = {true, kLine};
     }},
    {"two commands",
     [](ServerConfig& config) {
       config.conf_commands.add({"A", "b"}, kLine);
       config.conf_commands.add({"C", "d"}, kLine);
     }},
    {"two commands the other way round",
     [](ServerConfig& config) {
       config.conf_commands.add({"C", "d"}, kLine);
       config.conf_commands.add({"A", "b"}, kLine);
     }},
    {"authorities",
     [](ServerConfig& config) {
       config.ca_file = {"/x", kLine};
     }},
    {"folder of authorities",
     [](ServerConfig& config) {
       config.ca_path = {"/x", kLine};
     }},
    {"names",
     [](ServerConfig& config) {
       config.ca_request_file = {"/x", kLine};
     }},
    {"folder of names",
     [](ServerConfig& config) {
       config.ca_request_path = {"/x", kLine};
     }},
    {"revocations",
     [](ServerConfig& config) {
       config.crl_file = {"/x", kLine};
     }},
    {"folder of revocations",
     [](ServerConfig& config) {
       config.crl_path = {"/x", kLine};
     }},
    {"look-up",
     [](ServerConfig& config) {
       config.crl_check = {{RevocationCheck::chain, false}, kLine};
     }},
    {"users",
     [](ServerConfig& config) {
       config.srp_file = {"/x", kLine};
     }},
    {"seed",
     [](ServerConfig& config) {
       config.srp_seed = {"/x", kLine};
     }},
    {"lenient look-up",
     [](ServerConfig& config) {
       config.crl_check = {{RevocationCheck::chain, true}, kLine};
     }},
};

START_TEST(none_is_taken_for_another) {
  std::vector<Policy> all{effective_policy(ServerConfig{})};
  for (const Difference& difference : kDifferences) {
    ServerConfig config;
    difference.make(config);
    all.push_back(effective_policy(config));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      ck_assert_msg(all[i] != all[j], "%s is as %s", kDifferences[i - 1].name,
                    j == 0 ? "the default" : kDifferences[j - 1].name);
      ck_assert_msg(all[i].hash() != all[j].hash(), "%s has the hash of %s",
                    kDifferences[i - 1].name, j == 0 ? "the default" : kDifferences[j - 1].name);
    }
  }
}
END_TEST

START_TEST(an_empty_set_stays_empty) {
  ServerConfig config;
  config.protocol = {{}, kLine};
  ck_assert(effective_policy(config).selected.empty());
}
END_TEST

START_TEST(what_matters_to_a_host_alone_is_no_part) {
  ServerConfig config;
  config.engine = {true, kLine};
  config.strict_sni = {true, kLine};
  config.certificate_files.add("/a.pem", kLine);
  ck_assert(effective_policy(config) == effective_policy(ServerConfig{}));
}
END_TEST

START_TEST(the_systems_defaults_hold_where_nothing_is_written) {
  const SystemDefaults system{
      .lowest = 0x0304, .highest = 0, .cipher_list = "ECDHE-ECDSA-AES256-GCM-SHA384"};
  const Policy unwritten = effective_policy(ServerConfig{}, system);
  ck_assert(unwritten.versions.lowest == Protocol::tls1_3);
  ck_assert(unwritten.versions.highest == Protocol::tls1_3);
  tlsplus::test::expect_text(unwritten.cipher_list, system.cipher_list);

  ServerConfig config;
  config.protocol = {{.versions = default_protocols()}, kLine};
  config.cipher_list = {"HIGH", kLine};
  const Policy written = effective_policy(config, system);
  ck_assert(written.versions.lowest == effective_policy(ServerConfig{}).versions.lowest);
  tlsplus::test::expect_text(written.cipher_list, "HIGH");

  const Policy capped =
      effective_policy(ServerConfig{}, {.lowest = 0, .highest = 0x0303, .cipher_list = {}});
  ck_assert(capped.versions.highest == Protocol::tls1_2);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("policy");
  TCase* tests = tcase_create("policy");
  tcase_add_test(tests, what_holds_by_default);
  tcase_add_test(tests, a_default_spelled_out_is_the_default);
  tcase_add_test(tests, none_is_taken_for_another);
  tcase_add_test(tests, an_empty_set_stays_empty);
  tcase_add_test(tests, what_matters_to_a_host_alone_is_no_part);
  tcase_add_test(tests, the_systems_defaults_hold_where_nothing_is_written);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
