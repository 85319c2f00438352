// SPDX-License-Identifier: Apache-2.0
//
// How far words are from each other, and which one is suggested.
#include "ssl_engine/base/nearest.h"

#include <iterator>
#include <vector>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

const struct {
  const char* a;
  const char* b;
  std::size_t edits;
} kPairs[] = {
    {"", "", 0},          {"", "abc", 3},        {"abc", "", 3},    {"abc", "abc", 0},
    {"ABC", "abc", 0},    {"abc", "axc", 1},     {"abc", "ac", 1},  {"abc", "abxc", 1},
    {"abcd", "abdc", 1},  {"EECHD", "EECDH", 1}, {"abc", "xyz", 3}, {"kitten", "sitting", 3},
    {"P256", "P-256", 1},
};

START_TEST(edits_are_counted) {
  const auto& row = kPairs[_i];
  ck_assert_uint_eq(edits_between(row.a, row.b), row.edits);
  ck_assert_uint_eq(edits_between(row.b, row.a), row.edits);
}
END_TEST

const struct {
  const char* word;
  const char* suggested;
} kWords[] = {
    {"HIGHT", "HIGH"},
    {"HGH", "HIGH"},
    {"LO", ""},
    {"NOSUCHCIPHER", ""},
    {"ECDHE-RSA-AES128-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"},  // not with AES256
    {"ECDHE-RSA-AES256-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"ecdhe-rsa-aes256-gcm-sha384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"", ""},
};

START_TEST(the_likeliest_word_is_suggested) {
  const std::vector<std::string> candidates = {"HIGH", "AES", "ECDHE-RSA-AES256-GCM-SHA384",
                                               "ECDHE-RSA-AES128-GCM-SHA256"};
  expect_text(nearest(kWords[_i].word, candidates), kWords[_i].suggested);
}
END_TEST

START_TEST(nothing_is_like_a_whole_page) {
  const std::string page(100000, 'A');
  expect_text(nearest(page, std::vector<std::string>{page}), "");
  expect_text(nearest("AES", {}), "");
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("nearest");
  TCase* const tests = tcase_create("nearest");
  tcase_add_loop_test(tests, edits_are_counted, 0, std::ssize(kPairs));
  tcase_add_loop_test(tests, the_likeliest_word_is_suggested, 0, std::ssize(kWords));
  tcase_add_test(tests, nothing_is_like_a_whole_page);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
