// SPDX-License-Identifier: Apache-2.0
//
// Values of OpenSSL's commands, word by word: what is refused is named, what is left is taken.
#include "ssl_engine/openssl/tls/command_words.h"

#include <algorithm>
#include <iterator>

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

const struct {
  const char* command;
  const char* value;
  const char* faults;
  const char* mended;
} kValues[] = {
    {"Groups", "X25519:P-256", "", "X25519:P-256"},
    {"Curves", "P256:X448", "\"P256\" is unknown, P-256 is like it", "P-256:X448"},
    {"groups", "nosuchgroup:P-384", "\"nosuchgroup\" is unknown", "P-384"},
    {"Groups", "P-384:nosuchgroup", "\"nosuchgroup\" is unknown", "P-384"},
    {"Groups", "curve25519", "\"curve25519\" is unknown, X25519 is like it", "X25519"},
    {"ECDHParameters", "P-255", "\"P-255\" is unknown, P-256 is like it", "P-256"},
    {"SignatureAlgorithms", "ed25519:rsa_pss_rsae_sha265",
     "\"rsa_pss_rsae_sha265\" is unknown, rsa_pss_rsae_sha256 is like it",
     "ed25519:rsa_pss_rsae_sha256"},
    {"Options", "-SessionTicket,+KTSL", "\"+KTSL\" is unknown, KTLS is like it",
     "-SessionTicket,+KTLS"},
    {"MinProtocol", "TLSv12", "\"TLSv12\" is unknown, TLSv1.2 is like it", "TLSv1.2"},
    {"Protocol", "-TLSv1.1,-nonsense", "\"-nonsense\" is unknown", "-TLSv1.1"},
    {"VerifyMode", "Reqire", "\"Reqire\" is unknown, Require is like it", "Require"},
    {"DHParameters", "nonsense", "", ""},
    {"nonsense", "nonsense", "", ""},
};

START_TEST(the_word_that_is_refused_is_named) {
  const auto& row = kValues[_i];
  const CommandValueReview review = review_command_value(row.command, row.value);
  expect_text(join(review.faults, "; "), row.faults);
  expect_text(review.mended, row.mended);
}
END_TEST

START_TEST(nothing_left_becomes_what_is_usual) {
  const CommandValueReview review = review_command_value("Groups", "nosuchgroup");
  const auto usual = split(review.mended, ':');
  ck_assert_uint_eq(usual.size(), 3);
  for (const std::string_view group : usual) {
    ck_assert(std::ranges::find(review.known, group) != review.known.end());
  }
  ck_assert(review_command_value("Groups", review.mended).faults.empty());
}
END_TEST

const struct {
  const char* list;
  const char* usable;
  const char* unknown;
  const char* mended;
} kGroupLists[] = {
    {"X25519:P-256", "X25519:P-256", "", "X25519:P-256"},
    {"?nosuchgroup:?P-384:X25519", "P-384:X25519", "", "?nosuchgroup:?P-384:X25519"},
    {"P-256:secp256r1:X25519:X25519", "P-256:X25519", "", "P-256:secp256r1:X25519:X25519"},
    {"nosuchgroup:P-384", "P-384", "nosuchgroup", "?nosuchgroup:P-384"},
    {"P256:curve25519", "", "P256 curve25519", "P-256:X25519"},
    {"?nosuchgroup", "", "", "?nosuchgroup"},
    {"X25519::P-256", "X25519:P-256", "", "X25519:P-256"},
    {"", "", "", ""},
    {"?", "", "?", ""},
};

START_TEST(a_list_of_groups_is_what_there_is_of_it) {
  const auto& row = kGroupLists[_i];
  const GroupList groups = read_groups(row.list);
  expect_text(groups.usable, row.usable);
  expect_text(trim(join(groups.unknown, " ")), row.unknown);
  expect_text(groups.mended, row.mended);
  ck_assert_int_eq(groups.fault().empty(), groups.unknown.empty() && !groups.usable.empty());
}
END_TEST

START_TEST(commands_are_suggested) {
  expect_text(command_like("Curvess"), "Curves");
  expect_text(command_like("-curves"), "Curves");
  expect_text(command_like("cipherstrings"), "CipherString");
  expect_text(command_like("nonsense"), "");
  expect_text(command_like(""), "");
  expect_text(command_like("---"), "");
}
END_TEST

START_TEST(separators_are_those_of_openssl) {
  ck_assert_int_eq(separator_of_command("Groups"), ':');
  ck_assert_int_eq(separator_of_command("ciphersuites"), ':');
  ck_assert_int_eq(separator_of_command("Options"), ',');
  ck_assert_int_eq(separator_of_command("MinProtocol"), 0);
  ck_assert_int_eq(separator_of_command("Certificate"), 0);
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("command_words");
  TCase* const tests = tcase_create("command_words");
  tcase_add_loop_test(tests, the_word_that_is_refused_is_named, 0, std::ssize(kValues));
  tcase_add_test(tests, nothing_left_becomes_what_is_usual);
  tcase_add_loop_test(tests, a_list_of_groups_is_what_there_is_of_it, 0, std::ssize(kGroupLists));
  tcase_add_test(tests, commands_are_suggested);
  tcase_add_test(tests, separators_are_those_of_openssl);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
