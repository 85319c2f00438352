// SPDX-License-Identifier: Apache-2.0
//
// Lists read word by word: what is told, and that the mended list has nothing left to mend.
#include "ssl_engine/settings/cipher_list.h"

#include <iterator>
#include <random>

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

const struct {
  const char* list;
  const char* mended;
  const char* elsewhere;
  std::size_t faults;
} kLists[] = {
    {"", "", "", 0},
    {" :, ", "", "", 0},
    {"HIGH:!aNULL", "HIGH:!aNULL", "", 0},
    {"HIGH !aNULL;-ADH,@STRENGTH", "HIGH:!aNULL:-ADH:@STRENGTH", "", 0},
    {"HIGH!aNULL", "HIGH:!aNULL", "", 0},
    {"DEFAULT@SECLEVEL=1", "DEFAULT:@SECLEVEL=1", "", 0},
    {"HIGH:HIGH", "HIGH", "", 0},
    {"EECDH+aRSA+RC4:+EDH", "EECDH+aRSA+RC4:+EDH", "", 0},
    {"EDH+ aRSA", "EDH+aRSA", "", 1},
    {"EDH+", "EDH", "", 1},
    {"EDH+ !aRSA", "EDH:!aRSA", "", 1},
    {"HIGH:! aNULL", "HIGH:!aNULL", "", 1},
    {"HIGH:!", "HIGH", "", 1},
    {"HIGH:!!aNULL", "HIGH:!aNULL", "", 1},
    {"HIGH:@", "HIGH", "", 1},
    {"[HIGH|AES]", "HIGH:AES", "", 3},
    {"HIGH:@SECLEVL=2", "HIGH:@SECLEVEL=2", "", 1},
    {"HIGH:DEFAULT", "DEFAULT:HIGH", "", 1},
    {"HIGH:!DEFAULT", "HIGH", "", 1},
    {"EECDH+nosuchcipher:HIGH", "HIGH", "", 1},
    {"EECDH+AESGMC:high", "EECDH+AESGCM:HIGH", "", 2},
    {"TLS_AES_128_GCM_SHA256:HIGH:TLS_AES_256_GCM_SHA384", "HIGH",
     "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", 2},
    {"HIGH:!TLS_AES_128_GCM_SHA256", "HIGH", "", 1},
};

START_TEST(lists_are_mended) {
  const auto& row = kLists[_i];
  CipherWords words;
  const CipherListReview review = review_cipher_list(row.list, words);
  expect_text(review.mended, row.mended);
  expect_text(review.elsewhere, row.elsewhere);
  ck_assert_msg(review.faults.size() == row.faults, "\"%s\": %s", row.list,
                join(review.faults, "; ").c_str());
}
END_TEST

const struct {
  const char* suites;
  const char* mended;
  const char* elsewhere;
  std::size_t faults;
} kSuites[] = {
    {"", "", "", 0},
    {"TLS_AES_128_GCM_SHA256 : TLS_AES_256_GCM_SHA384",
     "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "", 0},
    {"TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384",
     "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "", 1},
    {"TLS_AES_128_GCM_SHA256:HIGH", "TLS_AES_128_GCM_SHA256", "HIGH", 1},
    {"tls_aes_128_gcm_sha256:nosuchcipher", "TLS_AES_128_GCM_SHA256", "", 2},
};

START_TEST(suites_are_mended) {
  const auto& row = kSuites[_i];
  CipherWords words;
  const CipherListReview review = review_suites(row.suites, words);
  expect_text(review.mended, row.mended);
  expect_text(review.elsewhere, row.elsewhere);
  ck_assert_uint_eq(review.faults.size(), row.faults);
}
END_TEST

START_TEST(few_faults_are_told_and_all_are_counted) {
  CipherWords words;
  const auto review = review_cipher_list("q1:q2:q3:q4:q5:q6:q7", words);
  ck_assert_uint_eq(review.faults.size(), 7);
  const std::string told = review.told();
  ck_assert(told.ends_with("; 2 more"));
  ck_assert(told.find("q5") != std::string::npos);
  ck_assert(told.find("q6") == std::string::npos);
}
END_TEST

// Whatever was written: of the mended list nothing is left to say, and OpenSSL takes what is made
// of it.
START_TEST(what_is_mended_is_right) {
  constexpr std::string_view kPieces[] = {"HIGH",
                                          "high",
                                          "DEFAULT",
                                          "aNULL",
                                          "ECDHE-RSA-AES128-GCM-SHA256",
                                          "AES12",
                                          "RC4",
                                          "EECDH",
                                          "!",
                                          "-",
                                          "+",
                                          "@",
                                          ":",
                                          ",",
                                          " ",
                                          "@STRENGTH",
                                          "@SECLEVEL=7",
                                          "*",
                                          "\t",
                                          "\xff",
                                          "TLS_AES_128_GCM_SHA256",
                                          "SUITEB128",
                                          "PROFILE=SYSTEM",
                                          "=",
                                          ".",
                                          "_",
                                          "TLSv1.1",
                                          "TLS_RSA_WITH_AES_128_CBC_SHA",
                                          "NOSUCHCIPHER"};
  std::mt19937 random(static_cast<unsigned>(_i));
  CipherWords words;
  std::string list;
  for (int piece = 0; piece < 12; ++piece) list += kPieces[random() % std::size(kPieces)];
  const auto review = review_cipher_list(list, words);
  const auto again = review_cipher_list(review.mended, words);
  ck_assert_msg(again.faults.empty(), "\"%s\" becomes \"%s\": %s", list.c_str(),
                review.mended.c_str(), again.told().c_str());
  const std::string usable = usable_list(review.mended, words);
  ck_assert_msg(words.selects(usable), "\"%s\" becomes \"%s\"", list.c_str(), usable.c_str());
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("cipher_list");
  TCase* const tests = tcase_create("cipher_list");
  tcase_add_loop_test(tests, lists_are_mended, 0, std::ssize(kLists));
  tcase_add_loop_test(tests, suites_are_mended, 0, std::ssize(kSuites));
  tcase_add_test(tests, few_faults_are_told_and_all_are_counted);
  tcase_add_loop_test(tests, what_is_mended_is_right, 0, 100);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
