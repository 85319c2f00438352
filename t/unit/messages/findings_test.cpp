// SPDX-License-Identifier: Apache-2.0
//
// Each fact once, in the order of the configuration; and a mistake that many hosts make, each in
// its own place, in a few lines.
#include "ssl_engine/messages/findings.h"

#include <algorithm>

#include "ssl_engine/base/text.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

std::vector<std::string> names(std::uint32_t count) {
  std::vector<std::string> made;
  for (std::uint32_t i = 0; i < count; ++i) made.push_back(text('h', i, ":443"));
  return made;
}

Error at_line(int line, std::string evidence = "\"CN=CA\"", std::string hint = {}) {
  return diagnose(Tp::chain_intermediate_missing, std::move(evidence),
                  {"SSLCertificateFile", "site.conf", line}, std::move(hint));
}

/// Hosts 0..count-1, each with a line of its own, and what is told of them.
std::vector<Finding> told_of(std::uint32_t count) {
  Findings findings;
  for (std::uint32_t i = 0; i < count; ++i) findings.add(i, at_line(100 + static_cast<int>(i)));
  return findings.take(names(count));
}

void expect_what(const Finding& finding, std::string_view host, std::string_view what) {
  expect_text(finding.vhost, host);
  expect_text(finding.error.what, what);
}

START_TEST(three_hosts_are_told_in_full) {
  const auto told = told_of(3);
  ck_assert_uint_eq(told.size(), 3);
  for (std::size_t i = 0; i < told.size(); ++i) {
    expect_what(told[i], text('h', i, ":443"), "\"CN=CA\"");
    ck_assert_int_eq(told[i].error.where.line, 100 + static_cast<int>(i));
  }
}
END_TEST

START_TEST(the_next_ten_are_named_with_their_places) {
  const auto told = told_of(13);
  ck_assert_uint_eq(told.size(), 3);
  expect_what(told[0], "h0:443", "\"CN=CA\"");
  std::vector<std::string> others;
  for (int i = 3; i < 13; ++i) others.push_back(text('h', i, ":443 at site.conf:", 100 + i));
  expect_what(told[2], "h2:443",
              text("\"CN=CA\"; so for 10 more virtual hosts: ", join(others, ", ")));
}
END_TEST

START_TEST(all_further_ones_are_counted) {
  const auto told = told_of(10'000);
  ck_assert_uint_eq(told.size(), 3);
  const std::string& what = told[2].error.what;
  expect_part(what, "so for 9997 more virtual hosts: h3:443 at site.conf:103, ");
  ck_assert_msg(what.ends_with("h12:443 at site.conf:112, ..."), "%s", what.c_str());
}
END_TEST

START_TEST(one_more_is_said_in_the_singular) {
  const auto told = told_of(4);
  expect_part(told.back().error.what, "; so for 1 more virtual host: h3:443 at site.conf:103");
}
END_TEST

// A warning is the same whatever file it is about; an error where it says the same of another file.
START_TEST(files_and_names_make_no_difference) {
  constexpr const char* kWords[] = {"no key",  "no certificate", "a list",
                                    "nothing", "text",           "noise"};
  Findings findings;
  for (std::uint32_t i = 0; i < 6; ++i) {
    const Where where{"SSLCertificateFile", "site.conf", 100 + static_cast<int>(i)};
    findings.add(i, at_line(where.line, text("\"/etc/h", i, ".pem\" names h", i, ".test")));
    findings.add(i,
                 diagnose(Tp::file_missing, text("\"/etc/h", i, ".pem\", since day ", i), where));
    findings.add(i, diagnose(Tp::pem_damaged, kWords[i], where));
    Error caused = diagnose(Tp::key_not_decodable, "\"/etc/key.pem\"", where);
    caused.cause = std::make_shared<const Error>(
        Error{.what = kWords[i], .where = {}, .hint = {}, .id = 0, .cause = nullptr});
    findings.add(i, std::move(caused));
  }
  const auto told = findings.take(names(6));
  const auto count = [&](Tp id) {
    return std::ranges::count_if(
        told, [&](const Finding& f) { return f.error.id == diagnose(id, {}).id; });
  };
  ck_assert_int_eq(count(Tp::chain_intermediate_missing), 3);
  ck_assert_int_eq(count(Tp::file_missing), 3);
  ck_assert_int_eq(count(Tp::pem_damaged), 6);
  ck_assert_int_eq(count(Tp::key_not_decodable), 6);
}
END_TEST

START_TEST(a_host_counts_once) {
  Findings findings;
  for (std::uint32_t i = 0; i < 5; ++i) {  // two certificates of one authority each
    findings.add(i, at_line(100 + 2 * static_cast<int>(i)));
    findings.add(i, at_line(101 + 2 * static_cast<int>(i)));
  }
  const auto told = findings.take(names(5));
  ck_assert_uint_eq(told.size(), 6);
  expect_what(told[5], "h2:443",
              "\"CN=CA\"; so for 2 more virtual hosts: h3:443 at site.conf:106, "
              "h4:443 at site.conf:108");
}
END_TEST

START_TEST(who_inherits_is_counted_with_whose_line_it_is) {
  Findings findings;
  for (std::uint32_t i = 0; i < 8; ++i) {  // 0..2 own lines; 3, 4 the line of 0; 5..7 one of theirs
    findings.add(i, at_line(i < 3 ? 100 + static_cast<int>(i) : i < 5 ? 100 : 200));
  }
  const auto told = findings.take(names(8));
  ck_assert_uint_eq(told.size(), 3);
  expect_what(told[0], "h0:443", "\"CN=CA\"; so for 2 more virtual hosts");
  expect_what(told[1], "h1:443", "\"CN=CA\"");
  expect_what(told[2], "h2:443",
              "\"CN=CA\"; so for 3 more virtual hosts: h5:443 at site.conf:200, ...");
}
END_TEST

START_TEST(the_whole_server_is_no_host) {
  Findings findings;
  for (int line = 1; line <= 6; ++line) findings.add(at_line(line));
  const auto told = findings.take({});
  ck_assert_uint_eq(told.size(), 6);
  expect_what(told.back(), "", "\"CN=CA\"");
}
END_TEST

START_TEST(taking_empties_the_collection) {
  Findings findings;
  findings.add(0, at_line(1));
  ck_assert_uint_eq(findings.take(names(1)).size(), 1);
  ck_assert(findings.take(names(1)).empty());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("findings");
  TCase* tests = tcase_create("folding");
  tcase_add_test(tests, three_hosts_are_told_in_full);
  tcase_add_test(tests, the_next_ten_are_named_with_their_places);
  tcase_add_test(tests, all_further_ones_are_counted);
  tcase_add_test(tests, one_more_is_said_in_the_singular);
  tcase_add_test(tests, files_and_names_make_no_difference);
  tcase_add_test(tests, a_host_counts_once);
  tcase_add_test(tests, who_inherits_is_counted_with_whose_line_it_is);
  tcase_add_test(tests, the_whole_server_is_no_host);
  tcase_add_test(tests, taking_empties_the_collection);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
