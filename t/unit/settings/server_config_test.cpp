// SPDX-License-Identifier: Apache-2.0
//
// Merging a virtual host over the main server, and a directory over what surrounds it. The results
// for SSLOptions were seen with mod_ssl 2.4.71.
#include "ssl_engine/settings/server_config.h"

#include <set>

#include "t/unit/config_lines.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

START_TEST(a_host_inherits_what_it_does_not_say) {
  ConfigReader main;
  ConfigReader host;
  for (const char* line :
       {"SSLEngine on", "SSLProtocol TLSv1.3", "SSLCipherSuite HIGH", "SSLSessionTickets off",
        "SSLCertificateFile a.pem", "SSLOpenSSLConfCmd Curves P-256"}) {
    main.accept(line);
  }
  for (const char* line : {"SSLEngine off", "SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256",
                           "SSLOpenSSLConfCmd Curves P-384"}) {
    host.accept(line);
  }
  const ServerConfig merged = merge_fields(main.server, host.server);
  ck_assert(!*merged.engine);
  ck_assert_int_eq(merged.engine.where().line, 1);
  ck_assert(merged.protocol.is_set());
  expect_text(merged.protocol.where().directive, "SSLProtocol");
  // The two kinds of ciphers are independent settings.
  expect_text(*merged.cipher_list, "HIGH");
  expect_text(*merged.cipher_suites, "TLS_AES_128_GCM_SHA256");
  ck_assert(!merged.session_tickets.value_or(true));
  ck_assert(!merged.strict_sni.is_set());
  ck_assert_uint_eq(merged.certificate_files.size(), 1);
  // Commands run in this order: the host's after the main server's.
  ck_assert_uint_eq(merged.conf_commands.size(), 2);
  expect_text(merged.conf_commands.entries()[1].value.value, "P-384");
}
END_TEST

START_TEST(the_last_line_of_a_server_wins) {
  ConfigReader config;
  config.accept("SSLEngine on");
  config.accept("SSLEngine off");
  ck_assert(!*config.server.engine);
  ck_assert_int_eq(config.server.engine.where().line, 2);
}
END_TEST

const struct {
  const char* outer;               // of the server; "-": no line
  std::vector<const char*> inner;  // lines of the directory
  unsigned options;
} kOptions[] = {
    {"-", {"StdEnvVars", "ExportCertData"}, OptionSet::kExportCertData},
    {"-", {"StdEnvVars", "+ExportCertData"}, OptionSet::kStdEnvVars | OptionSet::kExportCertData},
    {"-", {"+ExportCertData", "StdEnvVars"}, OptionSet::kStdEnvVars},
    {"+StdEnvVars", {"+ExportCertData"}, OptionSet::kStdEnvVars | OptionSet::kExportCertData},
    {"StdEnvVars", {"ExportCertData"}, OptionSet::kExportCertData},
    {"+StdEnvVars", {""}, OptionSet::kStdEnvVars},
    {"+StdEnvVars", {}, OptionSet::kStdEnvVars},
    {"+ExportCertData", {"StdEnvVars"}, OptionSet::kStdEnvVars},
    {"+StdEnvVars", {"ExportCertData", "+ExportCertData"}, OptionSet::kExportCertData},
    {"+ExportCertData", {"StdEnvVars", "-StdEnvVars"}, 0},
    {"+StdEnvVars", {"ExportCertData", "-OptRenegotiate"}, OptionSet::kExportCertData},
    {"-", {"+StdEnvVars ExportCertData"}, OptionSet::kExportCertData},
    {"-", {"ExportCertData +StdEnvVars"}, OptionSet::kStdEnvVars | OptionSet::kExportCertData},
    {"+StdEnvVars", {"ExportCertData -ExportCertData"}, 0},
    {"+StdEnvVars +ExportCertData",
     {"-StdEnvVars", "+OptRenegotiate"},
     OptionSet::kExportCertData | OptionSet::kOptRenegotiate},
    {"+StdEnvVars +ExportCertData",
     {"-StdEnvVars", "OptRenegotiate +ExportCertData"},
     OptionSet::kExportCertData | OptionSet::kOptRenegotiate},
    {"+StdEnvVars",
     {"-StdEnvVars +ExportCertData", "OptRenegotiate", "+OptRenegotiate"},
     OptionSet::kOptRenegotiate},
    {"+StrictRequire",
     {"+LegacyDNStringFormat +FakeBasicAuth"},
     OptionSet::kStrictRequire | OptionSet::kLegacyDnString | OptionSet::kFakeBasicAuth},
};

START_TEST(options_are_added_removed_or_replaced) {
  const auto& row = kOptions[_i];
  ConfigReader outer;
  ConfigReader inner;
  if (std::string_view(row.outer) != "-") outer.accept(text("SSLOptions ", row.outer));
  for (const char* words : row.inner) inner.accept(text("SSLOptions ", words), true);
  const DirConfig merged = merge_fields(outer.dir, inner.dir);
  ck_assert_uint_eq(merged.options.add, row.options);
  for (const unsigned bit : {OptionSet::kStdEnvVars, OptionSet::kExportCertData}) {
    ck_assert_int_eq(merged.options.has(bit), (row.options & bit) != 0);
  }
}
END_TEST

// Three levels merged from the outside or from the inside must come to the same.
START_TEST(merging_options_is_associative) {
  const char* const lines[] = {"+StdEnvVars", "-StdEnvVars", "ExportCertData",
                               "ExportCertData +StdEnvVars", "-ExportCertData +OptRenegotiate"};
  for (const char* a : lines) {
    for (const char* b : lines) {
      for (const char* c : lines) {
        ConfigReader x;
        ConfigReader y;
        ConfigReader z;
        x.accept(text("SSLOptions ", a));
        y.accept(text("SSLOptions ", b), true);
        z.accept(text("SSLOptions ", c), true);
        const OptionSet left =
            OptionSet::merge(OptionSet::merge(x.dir.options, y.dir.options), z.dir.options);
        const OptionSet right =
            OptionSet::merge(x.dir.options, OptionSet::merge(y.dir.options, z.dir.options));
        ck_assert_msg(left.add == right.add && left.absolute == right.absolute, "%s | %s | %s", a,
                      b, c);
      }
    }
  }
}
END_TEST

START_TEST(options_know_the_line_that_spoke_last) {
  ConfigReader outer;
  ConfigReader inner;
  outer.accept("SSLOptions +StdEnvVars");
  ck_assert_ptr_eq(OptionSet::merge(outer.dir.options, inner.dir.options).origin,
                   outer.dir.options.origin);
  inner.accept("SSLOptions +ExportCertData", true);
  ck_assert_ptr_eq(OptionSet::merge(outer.dir.options, inner.dir.options).origin,
                   inner.dir.options.origin);
}
END_TEST

START_TEST(a_directory_inherits_the_user_name) {
  ConfigReader outer;
  ConfigReader inner;
  outer.accept("SSLUserName SSL_CLIENT_S_DN_CN");
  expect_text(*merge_fields(outer.dir, inner.dir).user_name, "SSL_CLIENT_S_DN_CN");
  inner.accept("SSLUserName SSL_CLIENT_S_DN", true);
  expect_text(*merge_fields(outer.dir, inner.dir).user_name, "SSL_CLIENT_S_DN");
}
END_TEST

template <class Config>
void every_member_is_a_field() {
  // The members of a configuration are nothing but its fields: what fields() forgets, it does not
  // inherit. Padding is less than one member.
  constexpr std::size_t kListed = std::apply(
      [](const auto&... field) { return (sizeof(std::declval<Config>().*member_of(field)) + ...); },
      decltype(Config::fields()){});
  ck_assert_uint_ge(kListed, sizeof(Config) - (sizeof(Setting<bool>) - 1));
  ck_assert_uint_le(kListed, sizeof(Config));
}

START_TEST(fields_are_complete) {
  every_member_is_a_field<GlobalConfig>();
  every_member_is_a_field<ServerConfig>();
  every_member_is_a_field<DirConfig>();
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("server_config");
  TCase* const tests = tcase_create("server_config");
  tcase_add_test(tests, a_host_inherits_what_it_does_not_say);
  tcase_add_test(tests, the_last_line_of_a_server_wins);
  tcase_add_loop_test(tests, options_are_added_removed_or_replaced, 0, std::ssize(kOptions));
  tcase_add_test(tests, merging_options_is_associative);
  tcase_add_test(tests, options_know_the_line_that_spoke_last);
  tcase_add_test(tests, a_directory_inherits_the_user_name);
  tcase_add_test(tests, fields_are_complete);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
