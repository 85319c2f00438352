// SPDX-License-Identifier: Apache-2.0
//
// RecentlyUsed: what is found, what goes for what, and where it goes to.
#include "ssl_engine/base/recently_used.h"

#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

using Map = RecentlyUsed<int, std::string>;

START_TEST(an_entry_is_made_once_and_found) {
  Map map(3);
  Map::Gone gone;
  map.at(1, gone) = "one";
  ck_assert_ptr_null(map.find(2));
  expect_text(*map.find(1), "one");
  expect_text(map.at(1, gone), "one");
  ck_assert_uint_eq(map.size(), 1);
  ck_assert(gone.empty());
}
END_TEST

START_TEST(what_was_longest_not_asked_for_goes_to_the_owner) {
  Map map(2);
  Map::Gone gone;
  map.at(1, gone) = "one";
  map.at(2, gone) = "two";
  (void)map.find(1);
  map.at(3, gone) = "three";
  ck_assert_uint_eq(map.size(), 2);
  ck_assert_uint_eq(gone.size(), 1);
  expect_text(gone.front().value, "two");
  ck_assert_ptr_null(map.find(2));
  expect_text(*map.find(3), "three");
}
END_TEST

START_TEST(what_is_removed_goes_to_the_owner) {
  Map map(2);
  Map::Gone gone;
  map.at(1, gone) = "one";
  map.remove(7, gone);
  ck_assert(gone.empty());
  map.remove(1, gone);
  expect_text(gone.front().value, "one");
  ck_assert_uint_eq(map.size(), 0);
}
END_TEST

}  // namespace
}  // namespace tlsplus::test

int main() {
  using namespace tlsplus::test;
  Suite* suite = suite_create("recently_used");
  TCase* tests = tcase_create("recently_used");
  tcase_add_test(tests, an_entry_is_made_once_and_found);
  tcase_add_test(tests, what_was_longest_not_asked_for_goes_to_the_owner);
  tcase_add_test(tests, what_is_removed_goes_to_the_owner);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
