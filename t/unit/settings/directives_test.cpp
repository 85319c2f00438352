// SPDX-License-Identifier: Apache-2.0
//
// The table itself: every name mod_ssl 2.4.71 registers is there, in its shape and scope (read from
// its command table), what is not built yet says so, and old names lead to today's.
#include "ssl_engine/settings/directives.h"

#include <set>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/openssl/features.h"
#include "t/unit/config_lines.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

const struct {
  Shape shape;
  Scope scope;
  const char* names;
} kRegistered[] = {
    {Shape::one, Scope::global,
     "SSLPassPhraseDialog SSLSessionCache SSLCryptoDevice SSLVHostSNIPolicy SSLStaplingCache"},
    {Shape::two_or_three, Scope::global, "SSLRandomSeed"},
    {Shape::flag, Scope::global, "SSLFIPS"},
    {Shape::one, Scope::server,
     "SSLEngine SSLCertificateFile SSLCertificateKeyFile SSLCertificateChainFile "
     "SSLSessionTicketKeyFile SSLCADNRequestPath SSLCADNRequestFile SSLCARevocationPath "
     "SSLCARevocationFile SSLSessionCacheTimeout SSLOCSPDefaultResponder "
     "SSLOCSPResponseTimeSkew SSLOCSPResponseMaxAge SSLOCSPResponderTimeout SSLOCSPProxyURL "
     "SSLOCSPResponderCertificateFile SSLStaplingResponseTimeSkew SSLStaplingResponderTimeout "
     "SSLStaplingResponseMaxAge SSLStaplingStandardCacheTimeout SSLStaplingErrorCacheTimeout "
     "SSLStaplingForceURL SSLSRPVerifierFile SSLSRPUnknownUserSeed"},
    {Shape::flag, Scope::server,
     "SSLHonorCipherOrder SSLCompression SSLSessionTickets SSLInsecureRenegotiation "
     "SSLStrictSNIVHostCheck SSLOCSPOverrideResponder SSLOCSPUseRequestNonce SSLOCSPNoVerify "
     "SSLUseStapling SSLStaplingReturnResponderErrors SSLStaplingFakeTryLater"},
    {Shape::raw, Scope::server, "SSLProtocol SSLCARevocationCheck SSLOCSPEnable"},
    {Shape::raw, Scope::server, "SSLOpenSSLConfCmd"},
    {Shape::raw, Scope::server_or_directory, "SSLCipherSuite"},
    {Shape::one, Scope::server_or_directory,
     "SSLCACertificatePath SSLCACertificateFile SSLVerifyClient SSLVerifyDepth SSLUserName"},
    {Shape::raw, Scope::options, "SSLOptions"},
    {Shape::raw, Scope::directory, "SSLRequireSSL"},
    {Shape::rest, Scope::directory, "SSLRequire"},
    {Shape::one, Scope::directory, "SSLRenegBufferSize"},
    {Shape::flag, Scope::server_or_proxy,
     "SSLProxyEngine SSLProxyCheckPeerExpire SSLProxyCheckPeerCN SSLProxyCheckPeerName"},
    {Shape::raw, Scope::server_or_proxy, "SSLProxyProtocol SSLProxyCARevocationCheck"},
    {Shape::raw, Scope::server_or_proxy, "SSLProxyCipherSuite"},
    {Shape::one, Scope::server_or_proxy,
     "SSLProxyVerify SSLProxyVerifyDepth SSLProxyCACertificateFile SSLProxyCACertificatePath "
     "SSLProxyCARevocationPath SSLProxyCARevocationFile SSLProxyMachineCertificateFile "
     "SSLProxyMachineCertificatePath SSLProxyMachineCertificateChainFile"},
    {Shape::raw, Scope::anywhere, "SSLLog SSLLogLevel"},
};

START_TEST(every_directive_of_mod_ssl_is_there) {
  std::size_t count = 0;
  for (const auto& row : kRegistered) {
    for (const auto name : words(row.names)) {
      const Directive* const found = find_directive(name);
      const std::string shown(name);
      ck_assert_msg(found != nullptr, "%s", shown.c_str());
      ck_assert_msg(found->shape == row.shape, "shape of %s", shown.c_str());
      ck_assert_msg(found->scope == row.scope, "scope of %s", shown.c_str());
      ++count;
    }
  }
  ck_assert_uint_eq(count, 74);
}
END_TEST

START_TEST(names_are_unique_and_every_row_is_whole) {
  std::set<std::string> seen;
  for (const Directive& row : directives()) {
    ck_assert_msg(seen.insert(to_lower(row.name)).second, "%s twice", row.name);
    ck_assert_msg(row.set != nullptr, "%s", row.name);
    ck_assert_msg(std::string_view(row.help).size() > 3, "%s", row.name);
    ck_assert_ptr_eq(find_directive(row.name), &row);
  }
  ck_assert_ptr_eq(find_directive("sslengine"), find_directive("SSLEngine"));
  ck_assert_ptr_null(find_directive("SSLEngin"));
}
END_TEST

const struct {
  const char* line;
  Tp id;
} kProxyWrong[] = {
    {"SSLProxyProtocol TLSv9", Tp::protocol_unknown},
    {"SSLProxyCipherSuite TLS HIGH", Tp::cipher_selector_unknown},
    {"SSLProxyVerify sometimes", Tp::verify_mode_value},
    {"SSLProxyCACertificateFile gone.pem", Tp::file_missing},
    {"SSLProxyCACertificatePath gone", Tp::directory_missing},
};

START_TEST(lines_about_backends_are_checked_as_those_about_clients) {
  ConfigReader config;
  ck_assert_uint_eq(refused_with(config.read(kProxyWrong[_i].line, true)),
                    number(kProxyWrong[_i].id));
}
END_TEST

const struct {
  const char* line;
  Tp id;
} kResponderWrong[] = {
    {"SSLOCSPEnable sometimes", Tp::ocsp_check_value},
    {"SSLOCSPEnable on whatever", Tp::ocsp_check_value},
    {"SSLOCSPEnable on no_ocsp_for_cert_ok no_ocsp_for_cert_ok", Tp::ocsp_check_value},
    {"SSLOCSPResponderTimeout -1", Tp::number_negative},
    {"SSLOCSPResponseTimeSkew -1", Tp::number_negative},
    {"SSLOCSPResponseMaxAge -2", Tp::number_negative},
    {"SSLOCSPProxyURL proxy:3128", Tp::ocsp_proxy_value},
    {"SSLOCSPProxyURL https://proxy/", Tp::ocsp_proxy_value},
    {"SSLOCSPProxyURL http://user@proxy/", Tp::ocsp_proxy_value},
    {"SSLOCSPResponderCertificateFile gone.pem", Tp::file_missing},
    {"TLSPlusOCSPCacheTime 86401", Tp::ocsp_cache_time_value},
    {"TLSPlusOCSPCacheTime soon", Tp::ocsp_cache_time_value},
};

START_TEST(lines_about_responders_are_checked) {
  ConfigReader config;
  ck_assert_uint_eq(refused_with(config.read(kResponderWrong[_i].line)),
                    number(kResponderWrong[_i].id));
}
END_TEST

START_TEST(lines_about_responders_are_taken) {
  ConfigReader config;
  for (const char* line :
       {"SSLOCSPEnable LEAF no_ocsp_for_cert_ok", "SSLOCSPDefaultResponder http://o/",
        "SSLOCSPResponseMaxAge -1", "SSLOCSPResponderTimeout 3",
        "SSLOCSPProxyURL http://proxy:3128/", "TLSPlusOCSPCacheTime 0"}) {
    config.accept(line);
  }
  ck_assert(*config.server.ocsp_check == (OcspSetting{OcspSetting::Which::leaf, true}));
  ck_assert(config.server.ocsp_max_age->count() == -1);
  ck_assert(config.server.ocsp_timeout->count() == 3);
  expect_text(std::string(*config.server.ocsp_proxy), "http://proxy:3128/");
  ck_assert(config.server.ocsp_cache_time->count() == 0);
}
END_TEST

START_TEST(ciphers_for_backends_are_two_settings_everywhere) {
  for (const bool in_section : {false, true}) {
    ConfigReader config;
    config.accept("SSLProxyCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256", in_section);
    config.accept("SSLProxyCipherSuite HIGH", in_section);
    expect_text(std::string(*config.proxy.cipher_suites), "TLS_AES_128_GCM_SHA256");
    expect_text(std::string(*config.proxy.cipher_list), "HIGH");
    ck_assert_int_eq(config.proxy.cipher_list.where().line, 2);
    ck_assert(!config.server.cipher_list.is_set() && !config.dir.cipher_list.is_set());
  }
}
END_TEST

const struct {
  const char* line;
  Tp id;           // none: accepted
  bool is_remark;  // and accepted
} kStapling[] = {
    {"SSLUseStapling on", Tp{}, false},
    {"SSLStaplingCache shmcb:x", Tp{}, false},
    {"SSLStaplingCache :", Tp::session_cache_value, false},
    {"SSLStaplingFakeTryLater off", Tp{}, false},
    {"SSLStaplingFakeTryLater on", Tp::staple_try_later, true},
    {"SSLStaplingForceURL http://ocsp.test/a", Tp{}, false},
    {"SSLStaplingForceURL https://ocsp.test:8443", Tp{}, false},
    {"SSLStaplingForceURL ldap://ocsp.test/", Tp::staple_url_value, true},
    {"SSLStaplingForceURL nonsense", Tp::staple_url_value, true},
    {"SSLStaplingResponseMaxAge -1", Tp::number_negative, false},
    {"TLSPlusStapleStore run", Tp{}, false},
    {"TLSPlusStapleStore off", Tp{}, false},
    {"TLSPlusStapleStore on", Tp::staple_store_value, false},
};

START_TEST(lines_about_stapling) {
  const auto& row = kStapling[_i];
  ConfigReader config;
  const Status read = config.read(row.line);
  if (row.id == Tp{} || row.is_remark) {
    ck_assert_msg(static_cast<bool>(read), "%s", row.line);
    ck_assert_uint_eq(config.remarks.size(), row.is_remark ? 1 : 0);
    if (row.is_remark) ck_assert_uint_eq(config.remarks.front().id, number(row.id));
  } else {
    ck_assert_uint_eq(refused_with(read), number(row.id));
  }
}
END_TEST

const struct {
  const char* line;
  Tp id;
  const char* fix;  // part of the message
} kOld[] = {
    {"SSLLog logs/ssl.log", Tp::directive_removed, "ErrorLog"},
    {"SSLLog", Tp::directive_removed, "ErrorLog"},
    {"SSLLogLevel debug", Tp::directive_removed, "LogLevel ssl:info"},
    {"SSLMutex file:/run/ssl/mutex", Tp::directive_renamed, "write: Mutex file:/run/ssl ssl-cache"},
    {"SSLMutex", Tp::directive_renamed, "write: Mutex default ssl-cache"},
    {"SSLEnable", Tp::directive_renamed, "SSLEngine on"},
    {"SSLDisable", Tp::directive_renamed, "SSLEngine off"},
    {"SSLCacheServerPath /x", Tp::directive_renamed, "SSLSessionCache"},
    {"SSLFakeBasicAuth", Tp::directive_renamed, "SSLOptions +FakeBasicAuth"},
    {"SSL_CertFile a.pem", Tp::directive_renamed, "SSLCertificateFile"},
    {"SSLProxyMachineCertPath dir", Tp::directive_renamed, "SSLProxyMachineCertificatePath"},
};

START_TEST(old_names_lead_to_the_current_ones) {
  const auto& row = kOld[_i];
  ConfigReader config;
  const Status done = config.read(row.line);
  ck_assert_uint_eq(refused_with(done), number(row.id));
  const std::string message = render(done.error());
  ck_assert_msg(message.find(row.fix) != std::string::npos, "%s", message.c_str());
}
END_TEST

// A replacement that does not exist would be a bad joke.
START_TEST(what_replaces_an_old_name_exists) {
  for (const Directive& row : directives()) {
    if (row.scope != Scope::anywhere) continue;
    for (auto word : words(row.detail)) {
      while (word.ends_with(',') || word.ends_with('.')) word.remove_suffix(1);
      if (word.starts_with("SSL")) {
        ck_assert_msg(find_directive(word) != nullptr, "%s", std::string(word).c_str());
      }
    }
  }
}
END_TEST

START_TEST(ciphers_of_a_directory_are_its_own) {
  ConfigReader config;
  ck_assert_uint_eq(refused_with(config.read("SSLCipherSuite HIGH", true)), 0);
  ck_assert_uint_eq(refused_with(config.read("SSLCipherSuite TLSv1.3 x", true)),
                    number(Tp::cipher_suites_in_directory));
  ck_assert_uint_eq(refused_with(config.read("SSLCipherSuite TLSv1.2 x", true)),
                    number(Tp::cipher_selector_unknown));
  ck_assert(!config.server.cipher_list.is_set() && !config.server.cipher_suites.is_set());
  expect_text(config.dir.cipher_list.value_or({}), "HIGH");
  // ... and judged with its server.
  ck_assert_uint_eq(config.server.directory_demands.size(), 1);
}
END_TEST

START_TEST(a_crypto_device_is_refused_with_what_the_library_has) {
  ConfigReader config;
  config.accept("SSLCryptoDevice BuiltIn");
  ck_assert(config.global.crypto_device->empty());
  const Status done = config.read("SSLCryptoDevice nonesuch");
  ck_assert_uint_eq(refused_with(done), number(Tp::crypto_device_unsupported));
  ck_assert(done.error().what.starts_with(
      crypto_engines().empty() ? text("\"nonesuch\"; ", library_release(), " has no engines: ")
                               : "\"nonesuch\"; engines of this library: "));
}
END_TEST

START_TEST(fips_is_on_or_off_and_not_both) {
  ConfigReader config;
  config.accept("SSLFIPS off");
  config.accept("SSLFIPS off");
  ck_assert(!*config.global.fips);
  const Status done = config.read("SSLFIPS on");
  ck_assert_uint_eq(refused_with(done), number(Tp::fips_contradiction));
  ck_assert(done.error().what.starts_with("on here, off at "));
}
END_TEST

const struct {
  const char* line;
  Setting<bool> ServerConfig::*field;
} kFlags[] = {
    {"SSLEngine", &ServerConfig::engine},
    {"SSLHonorCipherOrder", &ServerConfig::honor_cipher_order},
    {"SSLInsecureRenegotiation", &ServerConfig::insecure_renegotiation},
    {"SSLSessionTickets", &ServerConfig::session_tickets},
    {"SSLStrictSNIVHostCheck", &ServerConfig::strict_sni},
    {"SSLClientHelloVars", &ServerConfig::client_hello_vars},
};

START_TEST(a_flag_sets_its_own_field) {
  const auto& row = kFlags[_i];
  for (const bool on : {true, false}) {
    ConfigReader config;
    config.accept(text(row.line, on ? " on" : " off"));
    for (const auto& other : kFlags) {
      const auto& field = config.server.*other.field;
      ck_assert_int_eq(field.is_set(), other.field == row.field);
      if (field.is_set()) ck_assert_int_eq(*field, on);
    }
  }
}
END_TEST

START_TEST(a_client_certificate_header_is_of_directories_and_inherited) {
  ConfigReader config;
  config.accept("SSLClientCertHeader on");
  const DirConfig above = config.dir;
  const DirConfig not_written;
  ck_assert(*merge_fields(above, not_written).client_cert_header);
  ConfigReader inner;
  inner.accept("SSLClientCertHeader off", true);
  const DirConfig merged = merge_fields(above, inner.dir);
  // off cleans the header; what was never written leaves it alone
  ck_assert(merged.client_cert_header.is_set() && !*merged.client_cert_header);
  ck_assert(!merge_fields(not_written, not_written).client_cert_header.is_set());
}
END_TEST

START_TEST(a_refused_line_changes_nothing) {
  ConfigReader config;
  config.accept("SSLProtocol TLSv1.2");
  config.accept("SSLOptions +StdEnvVars");
  ck_assert(!config.read("SSLProtocol TLSv1.3 nonsense"));
  ck_assert(!config.read("SSLOptions +ExportCertData +nonsense"));
  ck_assert(config.server.protocol->versions.has(Protocol::tls1_2));
  ck_assert_int_eq(config.server.protocol.where().line, 1);
  ck_assert_uint_eq(config.dir.options.add, OptionSet::kStdEnvVars);
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("directives");
  TCase* const tests = tcase_create("directives");
  tcase_add_test(tests, every_directive_of_mod_ssl_is_there);
  tcase_add_test(tests, names_are_unique_and_every_row_is_whole);
  tcase_add_loop_test(tests, lines_about_stapling, 0, std::ssize(kStapling));
  tcase_add_loop_test(tests, lines_about_backends_are_checked_as_those_about_clients, 0,
                      std::ssize(kProxyWrong));
  tcase_add_loop_test(tests, lines_about_responders_are_checked, 0, std::ssize(kResponderWrong));
  tcase_add_test(tests, lines_about_responders_are_taken);
  tcase_add_test(tests, ciphers_for_backends_are_two_settings_everywhere);
  tcase_add_loop_test(tests, old_names_lead_to_the_current_ones, 0, std::ssize(kOld));
  tcase_add_test(tests, what_replaces_an_old_name_exists);
  tcase_add_test(tests, ciphers_of_a_directory_are_its_own);
  tcase_add_test(tests, a_crypto_device_is_refused_with_what_the_library_has);
  tcase_add_test(tests, fips_is_on_or_off_and_not_both);
  tcase_add_loop_test(tests, a_flag_sets_its_own_field, 0, std::ssize(kFlags));
  tcase_add_test(tests, a_client_certificate_header_is_of_directories_and_inherited);
  tcase_add_test(tests, a_refused_line_changes_nothing);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
