// SPDX-License-Identifier: Apache-2.0
//
// A value or an error, never both, and an error keeps the first place it was given.
#include "ssl_engine/base/result.h"

#include "ssl_engine/base/boundary.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;
using tlsplus::test::MemoryLog;

Error some_error() {
  return {.what = "no", .where = {}, .hint = "try yes", .id = 7, .cause = nullptr};
}

START_TEST(a_result_holds_a_value_or_an_error) {
  Result<std::string> good(std::string("yes"));
  ck_assert(static_cast<bool>(good));
  ck_assert_uint_eq(good->size(), 3);
  const std::string taken = *std::move(good);
  expect_text(taken, "yes");

  Result<std::string> bad(some_error());
  ck_assert(!bad);
  ck_assert_uint_eq(bad.error().id, 7);
  const Error moved = std::move(bad).error();
  expect_text(moved.what, "no");
}
END_TEST

START_TEST(a_result_carries_what_cannot_be_copied) {
  Result<std::unique_ptr<int>> made(std::make_unique<int>(5));
  const std::unique_ptr<int> owned = *std::move(made);
  ck_assert_int_eq(*owned, 5);
}
END_TEST

START_TEST(a_result_of_false_is_a_success) {
  const Result<bool> off(false);
  ck_assert(static_cast<bool>(off));
  ck_assert(!*off);
}
END_TEST

START_TEST(status_is_good_until_it_is_given_an_error) {
  const Status good;
  ck_assert(static_cast<bool>(good));
  const Status bad(some_error());
  ck_assert(!bad);
  expect_text(bad.error().hint, "try yes");
}
END_TEST

START_TEST(the_first_place_stays) {
  const Error placed = some_error().at({"SSLEngine", "a.conf", 1}).at({"SSLProtocol", "b.conf", 2});
  ck_assert(placed.where == (Where{"SSLEngine", "a.conf", 1}));
}
END_TEST

START_TEST(exceptions_end_at_the_boundary) {
  MemoryLog log;
  ck_assert_int_eq(at_boundary(log, "hook", -1, [] { return 3; }), 3);
  ck_assert_uint_eq(log.lines().size(), 0);

  const std::vector<int> none;
  ck_assert_int_eq(at_boundary(log, "hook", -1, [&] { return none.at(1); }), -1);
  ck_assert_uint_eq(log.lines().size(), 1);
  ck_assert(log.lines()[0].level == Level::crit);
  ck_assert(log.contains("exception in hook: "));

  at_boundary(log, "callback", [] { throw 42; });
  ck_assert(log.contains("exception in callback: unknown exception"));
}
END_TEST

START_TEST(a_long_reason_is_cut_not_lost) {
  MemoryLog log;
  log.critical("hook", std::string(1000, 'x'));
  ck_assert_uint_eq(log.lines().size(), 1);
  ck_assert_uint_le(log.lines()[0].text.size(), 256);
  ck_assert(log.contains("exception in hook: xxx"));
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("result");
  TCase* const tests = tcase_create("result");
  tcase_add_test(tests, a_result_holds_a_value_or_an_error);
  tcase_add_test(tests, a_result_carries_what_cannot_be_copied);
  tcase_add_test(tests, a_result_of_false_is_a_success);
  tcase_add_test(tests, status_is_good_until_it_is_given_an_error);
  tcase_add_test(tests, the_first_place_stays);
  tcase_add_test(tests, exceptions_end_at_the_boundary);
  tcase_add_test(tests, a_long_reason_is_cut_not_lost);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
