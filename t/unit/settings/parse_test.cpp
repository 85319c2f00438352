// SPDX-License-Identifier: Apache-2.0
//
// Arguments of directives, good and bad. What is accepted and refused here was seen with mod_ssl
// 2.4.71, but for TLSPlusHandshakeTimeout, which is ours.
#include "ssl_engine/settings/parse.h"

#include "ssl_engine/openssl/features.h"
#include "t/unit/config_lines.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr MessageId kAccepted = 0;

// One remark at most is expected of a line; kAccepted stands for none.
struct Case {
  const char* line;
  MessageId refused;
  MessageId remarked = kAccepted;
};

constexpr MessageId id(Tp tp) {
  return static_cast<MessageId>(tp);
}

const Case kCases[] = {
    {"SSLEngine on", kAccepted},
    {"SSLEngine OFF", kAccepted},
    {"SSLEngine Optional", kAccepted, id(Tp::engine_optional)},
    {"SSLEngine yes", id(Tp::engine_value)},
    {"SSLEngine 1.2.3.4:443", id(Tp::engine_address)},
    {"SSLEngine 443", id(Tp::engine_address)},
    {"SSLEngine [::1]:443", id(Tp::engine_address)},
    {"SSLEngine *", id(Tp::engine_address)},

    {"SSLCertificateFile a.pem", kAccepted},
    {"SSLCertificateFile /etc/a.pem", kAccepted},
    {"SSLCertificateFile gone", id(Tp::file_missing)},
    {"SSLCertificateFile empty", id(Tp::file_empty)},
    {"SSLCertificateFile dir", id(Tp::file_not_regular)},
    {"SSLCertificateFile /dev/urandom", id(Tp::file_not_regular)},
    {"SSLCertificateFile //x", id(Tp::path_invalid)},
    {"SSLCertificateFile pkcs11:token=a", kAccepted},
    {"SSLCertificateFile pkcs11:", kAccepted},
    {"SSLCertificateFile PKCS11:token=a", id(Tp::file_missing)},
    {"SSLCertificateFile engine:foo", id(Tp::file_missing)},
    {"SSLCertificateKeyFile pkcs11:x", kAccepted},
    {"SSLCertificateKeyFile gone", id(Tp::file_missing)},
    {"SSLCertificateChainFile pkcs11:x", id(Tp::file_missing)},
    {"SSLCertificateChainFile a.pem", kAccepted},

    {"SSLProtocol", kAccepted},
    {"SSLProtocol all -TLSv1 -tlsv1.1", kAccepted},
    {"SSLProtocol TLSv1.2 TLSv1.3", kAccepted, id(Tp::protocol_replaces)},
    {"SSLProtocol +TLSv1.2 all", kAccepted, id(Tp::protocol_replaces)},
    {"SSLProtocol -TLSv1 TLSv1.3", kAccepted},
    {"SSLProtocol -SSLv2 all", kAccepted},
    {"SSLProtocol SSLv2", id(Tp::protocol_sslv2)},
    {"SSLProtocol +sslv2", id(Tp::protocol_sslv2)},
    {"SSLProtocol TLSv1.4", id(Tp::protocol_unknown)},
    {"SSLProtocol ''", id(Tp::protocol_unknown)},
    {"SSLProtocol -", id(Tp::protocol_unknown)},
    {"SSLProtocol --TLSv1", id(Tp::protocol_unknown)},
    {"SSLProtocol all,-TLSv1", id(Tp::protocol_unknown)},
    {"SSLProtocol all -SSLv3", kAccepted},

    {"SSLCipherSuite HIGH:!aNULL", kAccepted},
    {"SSLCipherSuite SSL HIGH", kAccepted},
    {"SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256", kAccepted},
    {"SSLCipherSuite SSL", kAccepted},
    {"SSLCipherSuite ssl HIGH", id(Tp::cipher_selector_unknown)},
    {"SSLCipherSuite TLSv1.2 HIGH", id(Tp::cipher_selector_unknown)},
    {"SSLCipherSuite tlsv1.3 x", id(Tp::cipher_selector_unknown)},

    {"SSLSessionCacheTimeout 300", kAccepted},
    {"SSLSessionCacheTimeout 0", kAccepted},
    {"SSLSessionCacheTimeout +5", kAccepted},
    {"SSLSessionCacheTimeout abc", kAccepted, id(Tp::number_not_exact)},
    {"SSLSessionCacheTimeout 300s", kAccepted, id(Tp::number_not_exact)},
    {"SSLSessionCacheTimeout 99999999999", kAccepted, id(Tp::number_not_exact)},
    {"SSLSessionCacheTimeout -1", id(Tp::number_negative)},
    {"SSLSessionCacheTimeout 4294967295", id(Tp::number_negative)},
    {"SSLSessionCacheTimeout 2147483648", id(Tp::number_negative)},

    {"TLSPlusHandshakeTimeout 1", kAccepted},
    {"TLSPlusHandshakeTimeout 3600", kAccepted},
    {"TLSPlusHandshakeTimeout 0", id(Tp::handshake_timeout_value)},
    {"TLSPlusHandshakeTimeout -5", id(Tp::handshake_timeout_value)},
    {"TLSPlusHandshakeTimeout 3601", id(Tp::handshake_timeout_value)},
    {"TLSPlusHandshakeTimeout 20s", id(Tp::handshake_timeout_value)},
    {"TLSPlusHandshakeTimeout 99999999999999999999", id(Tp::handshake_timeout_value)},

    {"SSLVHostSNIPolicy strict", kAccepted},
    {"SSLVHostSNIPolicy AuthOnly", kAccepted},
    {"SSLVHostSNIPolicy loose", id(Tp::sni_policy_value)},

    {"SSLRandomSeed startup builtin", kAccepted},
    {"SSLRandomSeed STARTUP BUILTIN", kAccepted},
    {"SSLRandomSeed connect builtin", kAccepted},
    {"SSLRandomSeed never builtin", id(Tp::random_when)},
    {"SSLRandomSeed startup builtin 0", id(Tp::random_builtin_bytes)},
    {"SSLRandomSeed startup /dev/urandom 512", kAccepted},
    {"SSLRandomSeed startup file:/dev/urandom 512", kAccepted},
    {"SSLRandomSeed startup file:dir", kAccepted},
    {"SSLRandomSeed startup file:empty", kAccepted},
    {"SSLRandomSeed startup file:gone", id(Tp::file_missing)},
    {"SSLRandomSeed startup FILE:a.pem", id(Tp::file_missing)},
    {"SSLRandomSeed startup file:", id(Tp::file_missing)},
    {"SSLRandomSeed startup exec:", id(Tp::file_missing)},
    {"SSLRandomSeed startup exec:a.pem 10", kAccepted},
    {"SSLRandomSeed startup exec:gone", id(Tp::file_missing)},
    {"SSLRandomSeed startup a.pem -1", id(Tp::number_negative)},
    {"SSLRandomSeed startup a.pem abc", kAccepted, id(Tp::number_not_exact)},
    {"SSLRandomSeed startup egd:socket", id(Tp::random_egd)},
    {"SSLRandomSeed startup egd:gone", id(Tp::random_egd)},

    {"SSLPassPhraseDialog builtin", kAccepted},
    {"SSLPassPhraseDialog BuiltIn", kAccepted},
    {"SSLPassPhraseDialog |x", kAccepted},
    {"SSLPassPhraseDialog |", id(Tp::pass_phrase_dialog_value)},
    {"SSLPassPhraseDialog exec:a.pem", kAccepted},
    {"SSLPassPhraseDialog exec:", id(Tp::pass_phrase_dialog_value)},
    {"SSLPassPhraseDialog EXEC:a.pem", id(Tp::pass_phrase_dialog_value)},
    {"SSLPassPhraseDialog exec:gone", id(Tp::file_missing)},
    {"SSLPassPhraseDialog ask", id(Tp::pass_phrase_dialog_value)},

    {"SSLSessionCache none", kAccepted},
    {"SSLSessionCache NoneNotNull", kAccepted},
    {"SSLSessionCache shmcb", kAccepted},
    {"SSLSessionCache shmcb:/x(512000)", kAccepted},
    {"SSLSessionCache :x", id(Tp::session_cache_value)},

    {"SSLOpenSSLConfCmd Options -SessionTicket", kAccepted},
    {"SSLOpenSSLConfCmd curves P-256", kAccepted},
    {"SSLOpenSSLConfCmd -curves P-256", id(Tp::conf_command_unknown)},
    {"SSLOpenSSLConfCmd Curvess P-256", id(Tp::conf_command_unknown)},
    {"SSLOpenSSLConfCmd Certificate a.pem", kAccepted},
    {"SSLOpenSSLConfCmd Certificate gone", id(Tp::file_missing)},
    {"SSLOpenSSLConfCmd DHParameters empty", id(Tp::file_empty)},
    {"SSLOpenSSLConfCmd ChainCAPath dir", kAccepted},
    {"SSLOpenSSLConfCmd ChainCAPath a.pem", id(Tp::directory_missing)},
    {"SSLOpenSSLConfCmd ChainCAPath gone", id(Tp::directory_missing)},

    {"SSLOptions", kAccepted},
    {"SSLOptions +StdEnvVars -exportcertdata", kAccepted},
    {"SSLOptions StdEnvVars ExportCertData", kAccepted, id(Tp::options_dropped)},
    {"SSLOptions ''", id(Tp::option_unknown)},
    {"SSLOptions +", id(Tp::option_unknown)},
    {"SSLOptions +CompatEnvVars", id(Tp::option_unknown)},
};

START_TEST(lines_are_accepted_remarked_or_refused) {
  const Case& row = kCases[_i];
  ConfigReader config;
  const Status done = config.read(row.line);
  ck_assert_msg(refused_with(done) == row.refused, "\"%s\": TP%u, expected TP%u", row.line,
                unsigned{refused_with(done)}, unsigned{row.refused});
  const MessageId remarked = config.remarks.empty() ? kAccepted : config.remarks.front().id;
  ck_assert_msg(remarked == row.remarked, "\"%s\" is remarked TP%u, expected TP%u", row.line,
                unsigned{remarked}, unsigned{row.remarked});
  ck_assert_uint_le(config.remarks.size(), 1);
  // Whoever reads the message must find the line.
  if (!done) ck_assert(done.error().where.line == 1 && done.error().where.file == "site.conf");
  for (const Error& remark : config.remarks) ck_assert_int_eq(remark.where.line, 1);
}
END_TEST

const struct {
  const char* line;
  const char* fix;  // the line to write
} kVersionsTogether[] = {
    {"SSLProtocol TLSv1.2,TLSv1.3", "SSLProtocol TLSv1.2 +TLSv1.3"},
    {"SSLProtocol TLSv1.2, TLSv1.3", "SSLProtocol TLSv1.2 +TLSv1.3"},
    {"SSLProtocol all,-TLSv1", "SSLProtocol all -TLSv1"},
    {"SSLProtocol +TLSv1.2,+TLSv1.3", "SSLProtocol +TLSv1.2 +TLSv1.3"},
    {"SSLProtocol TLSv1.2,TLSv1.4", "SSLProtocol TLSv1.2"},
    {"SSLProtocol TLSv1.4", "SSLProtocol -all +TLSv1.2 +TLSv1.3"},
    {"SSLProtocol ,", "SSLProtocol -all +TLSv1.2 +TLSv1.3"},
    {"SSLProtocol TLS1.2 tlsv1_3", "SSLProtocol TLSv1.2 +TLSv1.3"},
    {"SSLProtocol all -TLSv1.0", "SSLProtocol all -TLSv1"},
};

START_TEST(versions_held_together_are_told_apart) {
  const auto& row = kVersionsTogether[_i];
  ConfigReader config;
  const Status refused = config.read(row.line);
  ck_assert_uint_eq(refused_with(refused), id(Tp::protocol_unknown));
  const std::string& hint = refused.error().hint;
  expect_text(hint, text("write: ", row.fix));
  // Who writes it is done: accepted, and without a remark.
  ConfigReader mended;
  ck_assert_uint_eq(refused_with(mended.read(row.fix)), kAccepted);
  ck_assert_uint_eq(mended.remarks.size(), 0);
}
END_TEST

START_TEST(sslv3_needs_a_library_that_has_it) {
  ConfigReader config;
  ck_assert_uint_eq(refused_with(config.read("SSLProtocol +SSLv3")),
                    is_built_in(Protocol::ssl3) ? kAccepted : id(Tp::protocol_not_built_in));
  ck_assert_uint_eq(refused_with(config.read("SSLCompression off")), kAccepted);
  ck_assert_uint_eq(refused_with(config.read("SSLCompression on")),
                    library_compresses() ? kAccepted : id(Tp::compression_unavailable));
}
END_TEST

const struct {
  const char* line;
  std::vector<Protocol> selected;
} kProtocolLines[] = {
    {"SSLProtocol", {}},
    {"SSLProtocol -all", {}},
    {"SSLProtocol TLSv1.2", {Protocol::tls1_2}},
    {"SSLProtocol TLSv1.2 TLSv1.3", {Protocol::tls1_3}},
    {"SSLProtocol +TLSv1.2 +TLSv1.3", {Protocol::tls1_2, Protocol::tls1_3}},
    {"SSLProtocol -SSLv3 +TLSv1.2", {Protocol::tls1_2}},
    {"SSLProtocol all -TLSv1 -TLSv1.1", {Protocol::tls1_2, Protocol::tls1_3}},
    {"SSLProtocol -all +tlsv1.3", {Protocol::tls1_3}},
    {"SSLProtocol +TLSv1.3 -all", {}},
    {"SSLProtocol +TLSv1.2 -TLSv1.2 +TLSv1.3", {Protocol::tls1_3}},
};

START_TEST(protocol_words_are_evaluated_in_order) {
  const auto& row = kProtocolLines[_i];
  ConfigReader config;
  config.accept(row.line);
  ProtocolSet expected;
  for (const Protocol p : row.selected) expected.add(p);
  ck_assert_msg(config.server.protocol->versions == expected, "%s", row.line);
}
END_TEST

START_TEST(all_is_the_default) {
  ConfigReader config;
  config.accept("SSLProtocol all");
  ck_assert(config.server.protocol->versions == default_protocols());
}
END_TEST

START_TEST(a_replaced_version_is_named) {
  ConfigReader config;
  config.accept("SSLProtocol TLSv1.2 TLSv1.3");
  expect_text(render(config.remarks.at(0)),
              "TP0106: a version without + or - replaces what the line selected before it - "
              "SSLProtocol at site.conf:1: \"TLSv1.3\" drops TLSv1.2. Fix: write: SSLProtocol "
              "TLSv1.2 +TLSv1.3; or let the last of them stand alone");
}
END_TEST

START_TEST(paths_become_absolute) {
  ConfigReader config;
  config.accept("SSLCertificateFile a.pem");
  config.accept("SSLCertificateFile pkcs11:token=a");
  config.accept("SSLOpenSSLConfCmd certificate a.pem");
  config.accept("SSLPassPhraseDialog exec:a.pem");
  config.accept("SSLRandomSeed startup exec:a.pem 12");
  const auto& files = config.server.certificate_files.entries();
  expect_text(files[0].value, "/server/a.pem");
  expect_text(files[1].value, "pkcs11:token=a");
  expect_text(config.server.conf_commands.entries()[0].value.value, "/server/a.pem");
  expect_text(config.global.pass_phrase_dialog->command, "/server/a.pem");
  expect_text(config.global.random_seed.entries()[0].value.path, "/server/a.pem");
  ck_assert_uint_eq(config.global.random_seed.entries()[0].value.size_bytes, 12);
}
END_TEST

START_TEST(a_dump_does_not_look_at_files) {
  ConfigReader config;
  config.paths.dumping = true;
  config.accept("SSLCertificateFile gone");
  config.accept("SSLCertificateFile //x");
  config.accept("SSLOpenSSLConfCmd DHParameters gone");
  expect_text(config.server.certificate_files.entries()[0].value, "gone");
  ck_assert_uint_eq(refused_with(config.read("SSLRandomSeed startup gone")), id(Tp::file_missing));
  ck_assert_uint_eq(refused_with(config.read("SSLPassPhraseDialog exec:gone")),
                    id(Tp::file_missing));
  ck_assert_uint_eq(refused_with(config.read("SSLOpenSSLConfCmd ChainCAPath gone")),
                    id(Tp::directory_missing));
}
END_TEST

START_TEST(random_sources_are_told_apart) {
  using Kind = RandomSource::Kind;
  ConfigReader config;
  for (const char* line :
       {"SSLRandomSeed startup builtin", "SSLRandomSeed connect a.pem",
        "SSLRandomSeed startup file:a.pem 7", "SSLRandomSeed connect exec:a.pem 0"}) {
    config.accept(line);
  }
  const auto& sources = config.global.random_seed.entries();
  ck_assert_uint_eq(sources.size(), 4);
  ck_assert(sources[0].value.kind == Kind::builtin && sources[0].value.path.empty());
  ck_assert(sources[1].value.kind == Kind::file && sources[1].value.size_bytes == 0);
  ck_assert(sources[1].value.when == RandomSource::When::connect);
  ck_assert(sources[2].value.kind == Kind::file && sources[2].value.size_bytes == 7);
  ck_assert(sources[2].value.when == RandomSource::When::startup);
  ck_assert(sources[3].value.kind == Kind::exec && sources[3].value.size_bytes == 0);
}
END_TEST

START_TEST(dialogs_are_told_apart) {
  using Kind = PassPhraseDialog::Kind;
  ConfigReader config;
  config.accept("SSLPassPhraseDialog builtin");
  ck_assert(config.global.pass_phrase_dialog->kind == Kind::builtin);
  config.accept("SSLPassPhraseDialog |/bin/ask");
  ck_assert(config.global.pass_phrase_dialog->kind == Kind::pipe);
  expect_text(config.global.pass_phrase_dialog->command, "/bin/ask");
  config.accept("SSLPassPhraseDialog exec:/etc/a.pem");
  ck_assert(config.global.pass_phrase_dialog->kind == Kind::exec);
}
END_TEST

const struct {
  const char* line;
  SessionCacheSetting::Kind kind;
  const char* provider;
  const char* arguments;
} kCaches[] = {
    {"SSLSessionCache none", SessionCacheSetting::Kind::none, "", ""},
    {"SSLSessionCache NONENOTNULL", SessionCacheSetting::Kind::none_not_null, "", ""},
    {"SSLSessionCache shmcb", SessionCacheSetting::Kind::provider, "shmcb", ""},
    {"SSLSessionCache shmcb:", SessionCacheSetting::Kind::provider, "shmcb", ""},
    {"SSLSessionCache memcache:a:1,b:2", SessionCacheSetting::Kind::provider, "memcache",
     "a:1,b:2"},
    {"SSLSessionCache none:x", SessionCacheSetting::Kind::provider, "none", "x"},
};

START_TEST(a_cache_is_split_at_the_first_colon) {
  const auto& row = kCaches[_i];
  ConfigReader config;
  config.accept(row.line);
  ck_assert(config.global.session_cache->kind == row.kind);
  expect_text(config.global.session_cache->provider, row.provider);
  expect_text(config.global.session_cache->arguments, row.arguments);
}
END_TEST

const struct {
  const char* argument;
  const char* line;
} kMutexes[] = {
    {"", "Mutex default ssl-cache"},
    {"default", "Mutex default ssl-cache"},
    {"yes", "Mutex default ssl-cache"},
    {"none", "Mutex none ssl-cache"},
    {"No", "Mutex none ssl-cache"},
    {"sem", "Mutex sem ssl-cache"},
    {"pthread", "Mutex pthread ssl-cache"},
    {"file:/var/run/ssl_mutex", "Mutex file:/var/run ssl-cache"},
    {"flock:/mutex", "Mutex flock:/ ssl-cache"},
    {"fcntl:mutex", "Mutex fcntl ssl-cache"},
};

START_TEST(an_old_mutex_becomes_a_line_that_works) {
  expect_text(modern_mutex(kMutexes[_i].argument), kMutexes[_i].line);
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("parse");
  TCase* const tests = tcase_create("parse");
  tcase_add_loop_test(tests, lines_are_accepted_remarked_or_refused, 0, std::ssize(kCases));
  tcase_add_test(tests, sslv3_needs_a_library_that_has_it);
  tcase_add_loop_test(tests, versions_held_together_are_told_apart, 0,
                      std::ssize(kVersionsTogether));
  tcase_add_loop_test(tests, protocol_words_are_evaluated_in_order, 0, std::ssize(kProtocolLines));
  tcase_add_test(tests, all_is_the_default);
  tcase_add_test(tests, a_replaced_version_is_named);
  tcase_add_test(tests, paths_become_absolute);
  tcase_add_test(tests, a_dump_does_not_look_at_files);
  tcase_add_test(tests, random_sources_are_told_apart);
  tcase_add_test(tests, dialogs_are_told_apart);
  tcase_add_loop_test(tests, a_cache_is_split_at_the_first_colon, 0, std::ssize(kCaches));
  tcase_add_loop_test(tests, an_old_mutex_becomes_a_line_that_works, 0, std::ssize(kMutexes));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
