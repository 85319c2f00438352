// SPDX-License-Identifier: Apache-2.0
//
// What a word of a cipher list is to this OpenSSL. Words whose meaning differs between builds (RC4,
// SEED) are known or old, and nothing else.
#include "ssl_engine/openssl/tls/cipher_words.h"

#include <iterator>

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;
using Kind = CipherWord::Kind;

const struct {
  const char* word;
  Kind kind;
  const char* instead;
} kMeanings[] = {
    {"HIGH", Kind::known, ""},
    {"kEECDH", Kind::known, ""},
    {"EECDH", Kind::known, ""},
    {"kRSA", Kind::known, ""},
    {"SHA384", Kind::known, ""},
    {"AESGCM", Kind::known, ""},
    {"eNULL", Kind::known, ""},
    {"TLSv1.2", Kind::known, ""},
    {"ECDHE-RSA-AES128-GCM-SHA256", Kind::known, ""},
    {"DEFAULT", Kind::first_only, "DEFAULT"},
    {"SUITEB128", Kind::first_only, "SUITEB128"},
    {"high", Kind::other_spelling, "HIGH"},
    {"default", Kind::other_spelling, "DEFAULT"},
    {"ANULL", Kind::other_spelling, "aNULL"},
    {"ecdhe-rsa-aes128-gcm-sha256", Kind::other_spelling, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"ECDHE_RSA_AES128_GCM_SHA256", Kind::other_spelling, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"ECDHE-RSA-AES-128-GCM-SHA256", Kind::other_spelling, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"ECDHE-ECDSA-AES256-CBC-SHA384", Kind::other_spelling, "ECDHE-ECDSA-AES256-SHA384"},
    {"EECDH-RSA-AES128-GCM-SHA256", Kind::other_spelling, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_AES_128_GCM_SHA256", Kind::other_spelling, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Kind::standard_name, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"tls_rsa_with_aes_128_cbc_sha", Kind::standard_name, "AES128-SHA"},
    {"TLS_AES_128_GCM_SHA256", Kind::tls13_suite, "TLS_AES_128_GCM_SHA256"},
    {"tls_aes_128_gcm_sha256", Kind::tls13_suite, "TLS_AES_128_GCM_SHA256"},
    {"TLS13-AES-128-GCM-SHA256", Kind::tls13_suite, "TLS_AES_128_GCM_SHA256"},
    {"PROFILE=SYSTEM", Kind::profile, "DEFAULT"},
    {"TLSv1.1", Kind::version, ""},
    {"TLS1.3", Kind::version, ""},
    {"ECDHE-RSA-AES128-GCM", Kind::misspelt, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"ECDHE-RSA-AES128-GCM-SHA384", Kind::misspelt, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"ECDHE-RSA-AES128-GCM-SHA265", Kind::misspelt, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"ECDHE-RSA-CHACHA20-POLY1305-SHA256", Kind::other_spelling, "ECDHE-RSA-CHACHA20-POLY1305"},
    {"ECDHE-RSA-AES128-GCM-SHA256-P256", Kind::misspelt, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"EECHD", Kind::misspelt, "EECDH"},
    {"NOSUCHCIPHER", Kind::unknown, ""},
    {"", Kind::unknown, ""},
};

START_TEST(words_have_their_meaning) {
  const auto& row = kMeanings[_i];
  CipherWords words;
  // What was asked before has no say.
  (void)words.is_tls13_suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  const CipherWord meaning = words.meaning_of(row.word, false);
  // Red Hat's OpenSSL has profiles, and later ones take IANA's names.
  if (meaning.kind == Kind::known &&
      (row.kind == Kind::profile || row.kind == Kind::standard_name)) {
    return;
  }
  ck_assert_msg(meaning.kind == row.kind, "\"%s\" is %d", row.word, static_cast<int>(meaning.kind));
  expect_text(meaning.instead, row.instead);
}
END_TEST

constexpr std::string_view kOfThePast[] = {"DES-CBC3-SHA",
                                           "RC4-SHA",
                                           "RC4-MD5",
                                           "DHE-DSS-AES128-GCM-SHA256",
                                           "ECDH-RSA-AES256-SHA",
                                           "ECDH-ECDSA-RC4-SHA",
                                           "IDEA-CBC-SHA",
                                           "SEED-SHA",
                                           "DHE-RSA-SEED-SHA",
                                           "CAMELLIA128-SHA",
                                           "EDH-RSA-DES-CBC3-SHA",
                                           "EXP-RC4-MD5",
                                           "EXP1024-DES-CBC-SHA",
                                           "KRB5-DES-CBC3-SHA",
                                           "ADH-RC4-MD5",
                                           "GOST2001-GOST89-GOST89",
                                           "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                                           "TLS_RSA_WITH_RC4_128_SHA",
                                           "SSLv2",
                                           "SSLV2",
                                           "EXP",
                                           "EXPORT56",
                                           "LOW",
                                           "MEDIUM",
                                           "3DES",
                                           "RC4",
                                           "kDHr",
                                           "aECDH",
                                           "kECDH",
                                           "GOST94"};

START_TEST(names_of_the_past_are_no_mistake) {
  CipherWords words;
  const Kind kind = words.meaning_of(kOfThePast[_i], false).kind;
  ck_assert_msg(kind == Kind::known || kind == Kind::old, "\"%s\" is %d",
                std::string(kOfThePast[_i]).c_str(), static_cast<int>(kind));
}
END_TEST

START_TEST(a_list_may_begin_with_default) {
  CipherWords words;
  ck_assert(words.meaning_of("DEFAULT", true).kind == Kind::known);
  ck_assert(words.meaning_of("HIGH", true).kind == Kind::known);
  ck_assert(words.meaning_of("high", true).kind == Kind::other_spelling);
}
END_TEST

const struct {
  const char* word;
  Kind kind;
  const char* instead;
} kOfTls13[] = {
    {"TLS_AES_256_GCM_SHA384", Kind::known, ""},
    {"tls-aes-256-gcm-sha384", Kind::other_spelling, "TLS_AES_256_GCM_SHA384"},
    {"TLS_AES_256_GCM_SHA348", Kind::misspelt, "TLS_AES_256_GCM_SHA384"},
    {"ECDHE-RSA-AES128-GCM-SHA256", Kind::tls12_suite, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Kind::tls12_suite, "ECDHE-RSA-AES128-GCM-SHA256"},
    {"HIGH", Kind::tls12_suite, "HIGH"},
    {"NOSUCHCIPHER", Kind::unknown, ""},
    {"", Kind::unknown, ""},
};

START_TEST(tls13_has_words_of_its_own) {
  const auto& row = kOfTls13[_i];
  CipherWords words;
  const CipherWord meaning = words.meaning_in_tls13(row.word);
  ck_assert_msg(meaning.kind == row.kind, "\"%s\" is %d", row.word, static_cast<int>(meaning.kind));
  // OpenSSL takes IANA's names as they are from 3.2 on.
  const bool is_taken = row.kind == Kind::tls12_suite && words.selects(row.word);
  expect_text(meaning.instead, is_taken ? row.word : row.instead);
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("cipher_words");
  TCase* const tests = tcase_create("cipher_words");
  tcase_add_loop_test(tests, words_have_their_meaning, 0, std::ssize(kMeanings));
  tcase_add_loop_test(tests, names_of_the_past_are_no_mistake, 0, std::ssize(kOfThePast));
  tcase_add_test(tests, a_list_may_begin_with_default);
  tcase_add_loop_test(tests, tls13_has_words_of_its_own, 0, std::ssize(kOfTls13));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
