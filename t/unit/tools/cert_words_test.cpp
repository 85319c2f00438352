// SPDX-License-Identifier: Apache-2.0
//
// What people write on the command lines of tlsplus-cert and tlsplus-check, and what is made of it.
#include "ssl_engine/tools/cert_words.h"

#include <array>

#include "ssl_engine/base/text.h"
#include "ssl_engine/tools/arguments.h"
#include "ssl_engine/tools/command_parts.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;         // NOLINT(*-build-using-namespace)
using namespace tlsplus::tools;  // NOLINT(*-build-using-namespace)
using test::expect_text;

using Words = std::vector<std::string>;

constexpr auto kOptions = std::to_array<Option>({
    {"--name", true, true},
    {"--out"},
    {"--encrypt", false},
});

START_TEST(options_are_read_in_every_form) {
  const auto read = Arguments::parse(
      kOptions, Words{"--name", "a", "file", "--name=b=c", "--encrypt", "--", "--out", "-"});
  ck_assert(static_cast<bool>(read));
  ck_assert(read->all("--name") == (Words{"a", "b=c"}));
  ck_assert(read->has("--encrypt"));
  ck_assert(!read->has("--out"));
  expect_text(read->get("--out", "server"), "server");
  ck_assert(read->others() == (Words{"file", "--out", "-"}));
}
END_TEST

const struct {
  Words words;
  std::string_view says;
} kWrong[] = {
    {{"--nmae", "a"}, "there is no option \"--nmae\""},
    {{"-n"}, "there is no option \"-n\""},
    {{"--out"}, "--out needs a value"},
    {{"--out", ""}, "--out has an empty value"},
    {{"--out="}, "--out has an empty value"},
    {{"--out", "a", "--out", "b"}, "--out is given twice"},
    {{"--encrypt=yes"}, "--encrypt takes no value"},
};

START_TEST(what_is_wrong_is_said) {
  const auto read = Arguments::parse(kOptions, kWrong[_i].words);
  ck_assert(!read);
  expect_text(read.error().what, kWrong[_i].says);
}
END_TEST

const struct {
  std::string_view word;
  long value;  // -1: refused
} kNumbers[] = {{"1", 1},   {"397", 397}, {"0", -1},  {"398", -1}, {"", -1},
                {"3x", -1}, {" 3", -1},   {"-1", -1}, {"+3", -1},  {"99999999999999999999", -1}};

START_TEST(numbers_are_whole_and_within_bounds) {
  const auto number = number_in("--days", kNumbers[_i].word, 1, 397);
  ck_assert_int_eq(number ? *number : -1, kNumbers[_i].value);
}
END_TEST

const struct {
  std::string_view word;
  std::string_view is;  // type, group, bits; empty: refused
} kKeys[] = {
    {"ec", "EC P-256 0"},
    {"p384", "EC P-384 0"},
    {"ed25519", "ED25519  0"},
    {"rsa", "RSA  3072"},
    {"rsa:2048", "RSA  2048"},
    {"rsa:1024", ""},
    {"rsa:65536", ""},
    {"dsa", ""},
    {"rsa:", ""},
};

START_TEST(kinds_of_keys) {
  const auto kind = key_kind(kKeys[_i].word);
  expect_text(kind ? text(kind->type, ' ', kind->group, ' ', kind->bits) : std::string(),
              kKeys[_i].is);
}
END_TEST

const struct {
  std::string_view word;
  std::string_view dns;
  std::string_view address;
} kNames[] = {
    {"www.Example.ORG", "www.example.org", ""},
    {"localhost", "localhost", ""},
    {"example.org.", "example.org", ""},
    {"7.example", "7.example", ""},
    {"*.example.org", "*.example.org", ""},
    {"_dmarc.example.org", "_dmarc.example.org", ""},
    {"127.0.0.1", "", "127.0.0.1"},
    {"::1", "", "::1"},
    {"[2001:db8:0::1]", "", "2001:db8::1"},
    {"*.org", "", ""},
    {"*", "", ""},
    {"www.*.org", "", ""},
    {"w*.example.org", "", ""},
    {"https://example.org/", "", ""},
    {"a..b", "", ""},
    {"192.0.2.256", "", ""},
    {"192.0.2.1.1", "", ""},
    {"*.2.1", "", ""},
    {"-a.org", "", ""},
    {"a b", "", ""},
    {"a,DNS:evil.example", "", ""},
    {"b\xc3\xbc"
     "cher.example",
     "", ""},
    {"1234567890123456789012345678901234567890123456789012345678901234.org", "", ""},
    {"", "", ""},
};

START_TEST(names_of_servers) {
  const auto& row = kNames[_i];
  const auto names = server_names(Words{std::string(row.word)});
  const bool is_refused = row.dns.empty() && row.address.empty();
  ck_assert_msg(static_cast<bool>(names) != is_refused, "%s", std::string(row.word).c_str());
  if (!names) return;
  ck_assert(names->dns == (row.dns.empty() ? Words{} : Words{std::string(row.dns)}));
  ck_assert(names->addresses == (row.address.empty() ? Words{} : Words{std::string(row.address)}));
}
END_TEST

START_TEST(the_common_name_is_the_first_that_fits) {
  const std::string label(40, 'a');
  const std::string much = label + '.' + label + ".example";
  const auto names = server_names(Words{"127.0.0.1", much, "short.example", "SHORT.example"});
  ck_assert(static_cast<bool>(names));
  expect_text(names->common_name, "short.example");
  ck_assert_uint_eq(names->dns.size(), 2);
  expect_text(server_names(Words{"::1"})->common_name, "::1");
  expect_text(server_names(Words{much})->common_name, "");
}
END_TEST

START_TEST(names_of_clients) {
  ck_assert(static_cast<bool>(client_names("Jane Do\xc3\xab", Words{"jane@x.test"})));
  std::string sixty_four;
  for (int i = 0; i < 64; ++i) sixty_four += "\xc3\xab";
  ck_assert(static_cast<bool>(client_names(sixty_four, {})));
  ck_assert(!client_names(sixty_four + "e", {}));
  ck_assert(!client_names("", {}));
  ck_assert(!client_names("a\nb", {}));
  for (const char* bad : {"jane", "@x.test", "jane@", "ja ne@x.test", "jan\xc3\xab@x.test"}) {
    ck_assert_msg(!client_names("Jane", Words{bad}), "%s", bad);
  }
}
END_TEST

START_TEST(paths_are_quoted_as_httpd_reads_them) {
  expect_text(config_word("/a b/c"), "\"/a b/c\"");
  expect_text(config_word("/a\"b\\c"), "\"/a\\\"b\\\\c\"");
  expect_text(directive("SSLCertificateFile", "/x/./y/../z.crt"),
              "SSLCertificateFile    \"/x/z.crt\"\n");
  expect_text(without_suffix("/a/server.crt", ".crt"), "/a/server");
  expect_text(without_suffix(".crt", ".crt"), ".crt");
}
END_TEST

Suite* words_suite() {
  Suite* suite = suite_create("cert_words");
  TCase* tests = tcase_create("words");
  tcase_add_test(tests, options_are_read_in_every_form);
  tcase_add_loop_test(tests, what_is_wrong_is_said, 0, std::size(kWrong));
  tcase_add_loop_test(tests, numbers_are_whole_and_within_bounds, 0, std::size(kNumbers));
  tcase_add_loop_test(tests, kinds_of_keys, 0, std::size(kKeys));
  tcase_add_loop_test(tests, names_of_servers, 0, std::size(kNames));
  tcase_add_test(tests, the_common_name_is_the_first_that_fits);
  tcase_add_test(tests, names_of_clients);
  tcase_add_test(tests, paths_are_quoted_as_httpd_reads_them);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(words_suite());
}
