// SPDX-License-Identifier: Apache-2.0
//
// The catalogue is complete and well-formed, and a message has the shape people and tools rely on.
#include "ssl_engine/messages/diagnostics.h"

#include <map>
#include <set>

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

// The enumerators of Tp, read from the header: C++ cannot list them.
std::map<std::string, int> enumerators(const char* source) {
  std::ifstream header(std::string(source) + "/ssl_engine/messages/diagnostics.h");
  std::map<std::string, int> found;
  bool inside = false;
  for (std::string line; std::getline(header, line);) {
    if (line.starts_with("enum class Tp")) inside = true;
    if (line == "};") inside = false;
    const auto parts = words(line);
    if (!inside || parts.size() < 3 || parts[1] != "=") continue;
    found.emplace(parts[0], std::stoi(std::string(parts[2])));
  }
  return found;
}

START_TEST(every_id_has_a_row_and_every_row_an_id) {
  const char* const source = std::getenv("TLSPLUS_SRCDIR");
  if (source == nullptr) return;  // run by hand, without knowing where the header is
  const auto named = enumerators(source);
  ck_assert_uint_gt(named.size(), 50);
  std::set<int> ids;
  for (const auto& [name, id] : named) {
    ck_assert_msg(ids.insert(id).second, "id %d is used twice", id);
    ck_assert_msg(find_diagnostic(static_cast<MessageId>(id)) != nullptr,
                  "Tp::%s (%d) has no row in its diagnostics_*.cpp", name.c_str(), id);
  }
  for (const Diagnostic& row : catalogue()) {
    ck_assert_msg(ids.contains(static_cast<int>(row.id)), "row %d has no id in diagnostics.h",
                  static_cast<int>(row.id));
  }
}
END_TEST

START_TEST(rows_are_in_order_and_well_formed) {
  int previous = 0;
  for (const Diagnostic& row : catalogue()) {
    const int id = static_cast<int>(row.id);
    ck_assert_msg(id > previous, "TP%04d comes after TP%04d", id, previous);
    previous = id;
    ck_assert_msg(row.severity <= Level::debug, "TP%04d", id);
    ck_assert_msg(!row.what.empty() && !row.cause.empty(), "TP%04d says nothing", id);
    // What follows goes on in the same line.
    ck_assert_msg(!row.what.ends_with('.') && !row.fix.ends_with('.'), "TP%04d: full stop", id);
    for (const auto part : {row.what, row.cause, row.fix}) {
      ck_assert_msg(escape(part, part.size()).find("\\n") == std::string::npos,
                    "TP%04d is more than one line", id);
    }
    ck_assert_ptr_eq(find_diagnostic(static_cast<MessageId>(id)),
                     find_diagnostic(static_cast<MessageId>(row.id)));
  }
}
END_TEST

START_TEST(unknown_ids_have_no_row) {
  ck_assert_ptr_null(find_diagnostic(0));
  ck_assert_ptr_null(find_diagnostic(9999));
  ck_assert(severity_of(Error{.what = "x"}) == Level::error);
}
END_TEST

const Where kWhere{"SSLCertificateFile", "site.conf", 14};

START_TEST(a_message_has_every_known_part) {
  const Error full = diagnose(Tp::certificate_expired, "3 days ago", kWhere);
  expect_text(render(full, "a.test:443"),
              "TP0220: certificate has expired - SSLCertificateFile at site.conf:14 (vhost "
              "a.test:443): 3 days ago. Fix: renew the certificate, then: apachectl graceful");
  expect_text(render(diagnose(Tp::certificate_expired, "3 days ago", kWhere, "wait")),
              "TP0220: certificate has expired - SSLCertificateFile at site.conf:14: 3 days ago. "
              "Fix: wait");
  expect_text(render(diagnose(Tp::certificate_expired, {})),
              "TP0220: certificate has expired. Fix: renew the certificate, then: apachectl "
              "graceful");
  expect_text(render(diagnose(Tp::certificate_expired, {}, {"SSLEngine", "", 0}, "wait")),
              "TP0220: certificate has expired - SSLEngine. Fix: wait");
  expect_text(render(diagnose(Tp::certificate_expired, {}, {"", "a.conf", 3}, "wait")),
              "TP0220: certificate has expired - a.conf:3. Fix: wait");
}
END_TEST

START_TEST(an_error_without_id_speaks_for_itself) {
  expect_text(render(Error{.what = "no memory"}), "no memory");
  expect_text(render(Error{.what = "no memory", .where = kWhere, .hint = "buy some"}, "a.test"),
              "no memory - SSLCertificateFile at site.conf:14 (vhost a.test). Fix: buy some");
}
END_TEST

START_TEST(causes_follow_the_evidence) {
  Error error = diagnose(Tp::certificate_not_decodable, "a.pem", kWhere, "look");
  Error middle = diagnose(Tp::pem_damaged, "line 3");
  middle.cause = std::make_shared<const Error>(Error{.what = "bad end line"});
  error.cause = std::make_shared<const Error>(middle);
  expect_text(render(error),
              "TP0212: certificate cannot be decoded - SSLCertificateFile at site.conf:14: a.pem: "
              "PEM block is damaged: line 3: bad end line. Fix: look");
}
END_TEST

START_TEST(errors_stop_a_start_and_warnings_do_not) {
  const Finding error{diagnose(Tp::certificate_not_configured, {}), "a"};
  const Finding warning{diagnose(Tp::certificate_expired, {}), "a"};
  const std::vector<Finding> none;
  ck_assert(!any_fatal(none));
  ck_assert(!any_fatal(std::vector{warning, warning}));
  ck_assert(any_fatal(std::vector{warning, error}));
  ck_assert(any_fatal(std::vector{Finding{Error{.what = "unknown"}, {}}}));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("diagnostics");
  TCase* tests = tcase_create("diagnostics");
  tcase_add_test(tests, every_id_has_a_row_and_every_row_an_id);
  tcase_add_test(tests, rows_are_in_order_and_well_formed);
  tcase_add_test(tests, unknown_ids_have_no_row);
  tcase_add_test(tests, a_message_has_every_known_part);
  tcase_add_test(tests, an_error_without_id_speaks_for_itself);
  tcase_add_test(tests, causes_follow_the_evidence);
  tcase_add_test(tests, errors_stop_a_start_and_warnings_do_not);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
