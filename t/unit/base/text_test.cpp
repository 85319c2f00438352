// SPDX-License-Identifier: Apache-2.0
//
// Splitting, folding and, above all, escaping: what a peer sends must stay one line of log.
#include "ssl_engine/base/text.h"

#include <cerrno>

#include "ssl_engine/base/errno_text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

std::string joined(const std::vector<std::string_view>& parts) {
  return join(std::vector<std::string>(parts.begin(), parts.end()), "|");
}

const struct {
  std::string_view text;
  std::string_view trimmed;
  std::string_view words;  // joined by |
} kBlanks[] = {
    {"", "", ""},          {"  ", "", ""},
    {"a", "a", "a"},       {" a b ", "a b", "a|b"},
    {"\ta\r\n", "a", "a"}, {"a \t\v\f b", "a \t\v\f b", "a|b"},
};

START_TEST(blanks_separate_and_vanish) {
  const auto& row = kBlanks[_i];
  expect_text(trim(row.text), row.trimmed);
  expect_text(joined(words(row.text)), row.words);
}
END_TEST

const struct {
  std::string_view text;
  std::string_view parts;
  std::size_t count;
} kSplits[] = {
    {"", "", 1}, {":", "|", 2}, {"a:b", "a|b", 2}, {"a::b:", "a||b|", 4}, {"abc", "abc", 1},
};

START_TEST(split_keeps_empty_parts) {
  const auto parts = split(kSplits[_i].text, ':');
  ck_assert_uint_eq(parts.size(), kSplits[_i].count);
  expect_text(joined(parts), kSplits[_i].parts);
}
END_TEST

const struct {
  std::string_view a;
  std::string_view b;
  bool equal;
  bool starts;  // a with b
} kFolded[] = {
    {"", "", true, true},           {"TLSv1.2", "tlsV1.2", true, true}, {"a", "ab", false, false},
    {"AbC", "ab", false, true},     {"[", "{", false, false},           {"@", "`", false, false},
    {"\xc4", "\xe4", false, false},  // Latin-1: no locale has a say
};

START_TEST(only_ascii_letters_fold) {
  const auto& row = kFolded[_i];
  ck_assert_int_eq(equals_ignoring_case(row.a, row.b), row.equal);
  ck_assert_int_eq(starts_with_ignoring_case(row.a, row.b), row.starts);
  ck_assert_int_eq(to_lower(row.a) == to_lower(row.b), row.equal);
}
END_TEST

const struct {
  std::string_view text;
  std::string_view escaped;
} kEscapes[] = {
    {"plain text", "plain text"},           {"a\nb\rc\td", "a\\nb\\rc\\td"},
    {"say \"x\" \\", "say \\\"x\\\" \\\\"}, {std::string_view("\0\x1b[0m", 5), "\\x00\\x1b[0m"},
    {"\x7f\x80\xff", "\\x7f\\x80\\xff"},    {"~ ", "~ "},
    {"\xe2\x80\xae", "\\xe2\\x80\\xae"},  // right-to-left override
};

START_TEST(whatever_is_not_printable_is_escaped) {
  expect_text(escape(kEscapes[_i].text), kEscapes[_i].escaped);
  expect_text(quote(kEscapes[_i].text), '"' + std::string(kEscapes[_i].escaped) + '"');
}
END_TEST

START_TEST(escape_shows_so_much_and_says_so) {
  expect_text(escape("abcdef", 3), "abc...");
  expect_text(escape("abc", 3), "abc");
  expect_text(escape("abc", 0), "...");
  ck_assert_uint_eq(escape(std::string(1000, 'x')).size(), 256 + 3);
}
END_TEST

START_TEST(pieces_become_one_text) {
  expect_text(text("port ", 443, ':', std::int64_t{-1}, std::string("x")), "port 443:-1x");
  expect_text(text(), "");
  expect_text(join({}, ", "), "");
  expect_text(join({"a"}, ", "), "a");
  expect_text(join({"a", "", "c"}, ", "), "a, , c");
  expect_text(errno_text(ENOENT), "No such file or directory");
  expect_text(errno_text(999'999), "Unknown error 999999");
  expect_text(hex({}), "");
  const Byte octets[] = {0x00, 0x0f, 0xf0, 0xff};
  expect_text(hex(octets), "000ff0ff");
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("text");
  TCase* const tests = tcase_create("text");
  tcase_add_loop_test(tests, blanks_separate_and_vanish, 0, std::ssize(kBlanks));
  tcase_add_loop_test(tests, split_keeps_empty_parts, 0, std::ssize(kSplits));
  tcase_add_loop_test(tests, only_ascii_letters_fold, 0, std::ssize(kFolded));
  tcase_add_loop_test(tests, whatever_is_not_printable_is_escaped, 0, std::ssize(kEscapes));
  tcase_add_test(tests, escape_shows_so_much_and_says_so);
  tcase_add_test(tests, pieces_become_one_text);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
