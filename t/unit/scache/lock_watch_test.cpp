// SPDX-License-Identifier: Apache-2.0
//
// When a lock that is taken is told of: after seconds in which nobody got it, once, and never
// because a machine was busy twice.
#include "ssl_scache/lock_watch.h"

#include <cstring>

#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

START_TEST(is_told_once_after_seconds) {
  LockWatch watch{};
  const Instant now{seconds{500}};
  ck_assert(!watch.note_busy(now));
  ck_assert(!watch.note_busy(now + milliseconds{2999}));
  ck_assert(watch.note_busy(now + LockWatch::kLong));
  ck_assert_msg(!watch.note_busy(now + seconds{10}), "once");
  ck_assert(watch.note_free());
  ck_assert_msg(!watch.note_free(), "once");
}
END_TEST

START_TEST(whoever_gets_it_begins_the_count_anew) {
  LockWatch watch{};
  Instant now{seconds{500}};
  for (int i = 0; i < 10; ++i) {
    ck_assert(!watch.note_busy(now));
    ck_assert(!watch.note_busy(now + seconds{2}));
    ck_assert_msg(!watch.note_free(), "nobody was told");
    now += seconds{2};
  }
}
END_TEST

START_TEST(busy_now_and_busy_an_hour_ago_is_not_busy_for_an_hour) {
  LockWatch watch{};
  const Instant now{seconds{500}};
  ck_assert(!watch.note_busy(now));
  ck_assert(!watch.note_busy(now + std::chrono::hours{1}));
  ck_assert(watch.note_busy(now + std::chrono::hours{1} + LockWatch::kLong));
}
END_TEST

START_TEST(one_in_a_second_waits) {
  LockWatch watch{};
  const Instant now{seconds{500}};
  ck_assert(watch.may_wait(now));
  (void)watch.note_busy(now);
  ck_assert(!watch.may_wait(now + milliseconds{999}));
  ck_assert(watch.may_wait(now + LockWatch::kNoWait));
  (void)watch.note_free();
  ck_assert(watch.may_wait(now));
}
END_TEST

START_TEST(junk_is_forgotten) {
  LockWatch watch{};
  std::memset(static_cast<void*>(&watch), 0xA5, sizeof(watch));
  const Instant now{seconds{500}};
  ck_assert(watch.may_wait(now));
  (void)watch.note_busy(now);
  (void)watch.note_free();
  ck_assert(!watch.note_busy(now));
  ck_assert(watch.note_busy(now + LockWatch::kLong));
}
END_TEST

Suite* lock_watch_suite() {
  Suite* suite = suite_create("lock_watch");
  TCase* tests = tcase_create("lock");
  tcase_add_test(tests, is_told_once_after_seconds);
  tcase_add_test(tests, whoever_gets_it_begins_the_count_anew);
  tcase_add_test(tests, busy_now_and_busy_an_hour_ago_is_not_busy_for_an_hour);
  tcase_add_test(tests, one_in_a_second_waits);
  tcase_add_test(tests, junk_is_forgotten);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::lock_watch_suite());
}
