// SPDX-License-Identifier: Apache-2.0
//
// Settings of connections to other servers: what they come to, which names are checked, and that
// nothing in which two differ is left out of what tells them apart.
#include "ssl_engine/settings/proxy_settings.h"

#include <set>

#include "ssl_engine/settings/words.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

const Origin kLine{"SSLProxy...", "site.conf", 1};

START_TEST(what_holds_by_default) {
  const ProxyPolicy policy = effective_proxy_policy(ProxyConfig{});
  ck_assert(!policy.engine);
  ck_assert(policy.selected == default_protocols());
  ck_assert(policy.versions.highest == Protocol::tls1_3);
  ck_assert(policy.cipher_list.empty() && policy.cipher_suites.empty());
  ck_assert(policy.peer == ClientAuth{});
  ck_assert(!policy.verifies());
  ck_assert_int_eq(policy.peer.depth, 1);
  ck_assert(policy.check_expire);
  ck_assert(policy.name_check == NameCheck::names);
}
END_TEST

START_TEST(a_default_spelled_out_is_the_default) {
  ProxyConfig config;
  config.engine = {false, kLine};
  config.protocol = {{default_protocols()}, kLine};
  config.cipher_list = {" ", kLine};
  config.verify = {VerifyMode::none, kLine};
  config.verify_depth = {1, kLine};
  config.check_expire = {true, kLine};
  config.check_name = {true, kLine};
  config.check_cn = {true, kLine};
  config.name = {"", kLine};
  config.require_name = {false, kLine};
  config.extra_trust = {{}, kLine};
  ck_assert(effective_proxy_policy(config) == effective_proxy_policy(ProxyConfig{}));
}
END_TEST

START_TEST(the_librarys_own_configuration_holds_where_nothing_is_written) {
  const SystemDefaults system{0x0303, 0x0303, "HIGH"};
  ProxyConfig config;
  ck_assert(effective_proxy_policy(config, system).versions.highest == Protocol::tls1_2);
  expect_text(effective_proxy_policy(config, system).cipher_list, "HIGH");
  config.protocol = {{default_protocols()}, kLine};
  config.cipher_list = {"AES128-SHA", kLine};
  ck_assert(effective_proxy_policy(config, system).versions.highest == Protocol::tls1_3);
  expect_text(effective_proxy_policy(config, system).cipher_list, "AES128-SHA");
}
END_TEST

Setting<bool> written(const char* word) {
  const std::string_view as = word;
  return as == "-" ? Setting<bool>() : Setting<bool>(as == "on", kLine);
}

const struct {
  const char* name;  // SSLProxyCheckPeerName; "-": not written
  const char* cn;
  NameCheck check;
} kPairs[] = {
    {"-", "-", NameCheck::names},          {"-", "on", NameCheck::names},
    {"-", "off", NameCheck::none},         {"on", "-", NameCheck::names},
    {"on", "on", NameCheck::names},        {"on", "off", NameCheck::names},
    {"off", "-", NameCheck::none},         {"off", "off", NameCheck::none},
    {"off", "on", NameCheck::common_name},
};

START_TEST(which_names_are_checked) {
  const auto& row = kPairs[_i];
  ProxyConfig config;
  config.check_name = written(row.name);
  config.check_cn = written(row.cn);
  ck_assert_msg(effective_proxy_policy(config).name_check == row.check, "name %s, cn %s", row.name,
                row.cn);
}
END_TEST

const struct {
  const char* directive;
  void (*make)(ProxyConfig&);
} kDifferences[] = {
    {"SSLProxyEngine",
     [](ProxyConfig& config) {
       config.engine = {true, kLine};
     }},
    {"SSLProxyProtocol",
     [](ProxyConfig& config) {
       ProtocolSelection only;
       only.versions.add(Protocol::tls1_2);
       config.protocol = {only, kLine};
     }},
    {"SSLProxyCipherSuite",
     [](ProxyConfig& config) {
       config.cipher_list = {"HIGH", kLine};
     }},
    {"SSLProxyCipherSuite TLSv1.3",
     [](ProxyConfig& config) {
       config.cipher_suites = {"TLS_AES_128_GCM_SHA256", kLine};
     }},
    {"TLSPlusProxyGroups",
     [](ProxyConfig& config) {
       config.groups = {"P-384", kLine};
     }},
    {"SSLProxyVerify",
     [](ProxyConfig& config) {
       config.verify = {VerifyMode::require, kLine};
     }},
    {"SSLProxyVerifyDepth",
     [](ProxyConfig& config) {
       config.verify_depth = {2, kLine};
     }},
    {"SSLProxyCACertificateFile",
     [](ProxyConfig& config) {
       config.ca_file = {"/ca", kLine};
     }},
    {"SSLProxyCACertificatePath",
     [](ProxyConfig& config) {
       config.ca_path = {"/ca", kLine};
     }},
    {"TLSPlusProxyTrust",
     [](ProxyConfig& config) {
       config.extra_trust = {{.system = false, .partial_chain = true}, kLine};
     }},
    {"SSLProxyCARevocationFile",
     [](ProxyConfig& config) {
       config.crl_file = {"/ca", kLine};
     }},
    {"SSLProxyCARevocationPath",
     [](ProxyConfig& config) {
       config.crl_path = {"/ca", kLine};
     }},
    {"SSLProxyCARevocationCheck",
     [](ProxyConfig& config) {
       config.crl_check = {{RevocationCheck::leaf, true}, kLine};
     }},
    {"SSLProxyMachineCertificateFile",
     [](ProxyConfig& config) {
       config.certificate_file = {"/ca", kLine};
     }},
    {"SSLProxyMachineCertificatePath",
     [](ProxyConfig& config) {
       config.certificate_path = {"/ca", kLine};
     }},
    {"SSLProxyMachineCertificateChainFile",
     [](ProxyConfig& config) {
       config.chain_file = {"/ca", kLine};
     }},
    {"SSLProxyCheckPeerExpire",
     [](ProxyConfig& config) {
       config.check_expire = {false, kLine};
     }},
    {"SSLProxyCheckPeerName",
     [](ProxyConfig& config) {
       config.check_name = {false, kLine};
     }},
    {"TLSPlusProxyName",
     [](ProxyConfig& config) {
       config.name = {"a.test", kLine};
     }},
    {"TLSPlusProxyRequireName",
     [](ProxyConfig& config) {
       config.require_name = {true, kLine};
     }},
    {"TLSPlusProxyHandshakeTimeout",
     [](ProxyConfig& config) {
       config.handshake_timeout = {std::chrono::seconds(5), kLine};
     }},
    {"TLSPlusProxyOpenSSLConfCmd",
     [](ProxyConfig& config) {
       config.conf_commands.add({"Options", "UnsafeLegacyServerConnect"}, kLine);
     }},
};

START_TEST(what_differs_in_one_setting_is_told_apart_and_merged) {
  const auto& row = kDifferences[_i];
  ProxyConfig other;
  row.make(other);
  const ProxyPolicy plain = effective_proxy_policy(ProxyConfig{});
  const ProxyPolicy changed = effective_proxy_policy(other);
  ck_assert_msg(changed != plain, "%s", row.directive);
  ck_assert_msg(effective_values(changed) != effective_values(plain), "%s", row.directive);
  ck_assert_msg(effective_proxy_policy(merge_fields(other, ProxyConfig{})) == changed, "%s",
                row.directive);
  ck_assert_msg(effective_proxy_policy(merge_fields(ProxyConfig{}, other)) == changed, "%s",
                row.directive);
}
END_TEST

START_TEST(every_setting_that_takes_effect_is_tried) {
  std::set<std::string_view> tried;
  for (const auto& row : kDifferences) tried.insert(row.directive);
  std::set<std::string_view> all;
  for_each_proxy_field([&](const auto& field) {
    if constexpr (std::decay_t<decltype(field)>::kIsInPolicy) all.insert(field.directive);
  });
  ck_assert(tried == all);
  ck_assert(spelled(ExtraTrust{.system = true}) != spelled(ExtraTrust{.partial_chain = true}));
  // And each kind of name check is another.
  ck_assert(spelled(NameCheck::common_name) != spelled(NameCheck::none));
  ck_assert(spelled(NameCheck::common_name) != spelled(NameCheck::names));
}
END_TEST

START_TEST(a_section_has_its_own_word_and_the_servers_where_it_says_none) {
  const Origin server{"SSLProxyVerify", "server.conf", 3};
  ProxyConfig outer;
  outer.verify = {VerifyMode::require, server};
  outer.verify_depth = {4, server};
  ProxyConfig inner;
  inner.verify = {VerifyMode::none, kLine};
  const ProxyConfig merged = merge_fields(outer, inner);
  ck_assert(*merged.verify == VerifyMode::none);
  expect_text(merged.verify.where().file, "site.conf");
  ck_assert_int_eq(*merged.verify_depth, 4);
  expect_text(merged.verify_depth.where().file, "server.conf");
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("proxy_settings");
  TCase* tests = tcase_create("effect");
  tcase_add_test(tests, what_holds_by_default);
  tcase_add_test(tests, a_default_spelled_out_is_the_default);
  tcase_add_test(tests, the_librarys_own_configuration_holds_where_nothing_is_written);
  tcase_add_loop_test(tests, which_names_are_checked, 0, std::ssize(kPairs));
  tcase_add_loop_test(tests, what_differs_in_one_setting_is_told_apart_and_merged, 0,
                      std::ssize(kDifferences));
  tcase_add_test(tests, every_setting_that_takes_effect_is_tried);
  tcase_add_test(tests, a_section_has_its_own_word_and_the_servers_where_it_says_none);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
