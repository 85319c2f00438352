// SPDX-License-Identifier: Apache-2.0
//
// StapleSchedule, in a time of its own: who is asked about when, and never too many at once.
#include "ssl_engine/revocation/staple_schedule.h"

#include <algorithm>
#include <map>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Blame = StapleSchedule::Blame;
using Turn = StapleSchedule::Turn;

constexpr Instant kStart{hours(1)};

StapleSchedule one(std::vector<std::uint32_t> responders = {0}, seconds longest = seconds(600)) {
  const std::size_t count = responders.size();
  return {{{std::move(responders), longest}}, count, kStart, 7};
}

START_TEST(due_at_once_and_then_when_it_is_time) {
  StapleSchedule schedule = one();
  ck_assert(schedule.wake() == kStart);
  const auto turn = schedule.next(kStart);
  ck_assert(turn && turn->item == 0);
  ck_assert_msg(!schedule.next(kStart), "it is under way");
  ck_assert(schedule.wake() == kNoDeadline);
  schedule.succeeded(*turn, kStart + hours(5));
  ck_assert(schedule.wake() == kStart + hours(5));
  ck_assert(!schedule.next(kStart + hours(5) - seconds(1)));
  ck_assert(schedule.next(kStart + hours(5)).has_value());
}
END_TEST

START_TEST(where_there_is_nobody_nobody_is_asked) {
  StapleSchedule schedule({{{}, seconds(600)}}, 0, kStart, 7);
  ck_assert(!schedule.next(kStart + hours(1000)));
  ck_assert(schedule.wake() == kNoDeadline);
}
END_TEST

START_TEST(waits_grow_up_to_what_is_set) {
  StapleSchedule schedule = one({0}, seconds(120));
  Instant now = kStart;
  for (const int expected : {10, 20, 40, 80, 120, 120, 120}) {
    const auto turn = schedule.next(now);
    ck_assert(turn.has_value());
    const Instant again = schedule.failed(*turn, now, Blame::answer);
    const auto wait = std::chrono::duration_cast<seconds>(again - now).count();
    ck_assert_msg(wait <= expected && wait >= expected * 9 / 10, "%d instead of %d",
                  static_cast<int>(wait), expected);
    ck_assert(!schedule.next(again - seconds(1)));
    now = again;
  }
  schedule.succeeded(*schedule.next(now), now + hours(1));
  ck_assert_uint_eq(schedule.failures(0), 0);
}
END_TEST

START_TEST(the_next_responder_is_asked_when_one_does_not_answer) {
  StapleSchedule schedule = one({0, 1});
  Instant now = kStart;
  for (const std::size_t which : {0U, 1U, 0U}) {
    const auto turn = schedule.next(now);
    ck_assert(turn && turn->which == which);
    now = schedule.failed(*turn, now, Blame::responder);
  }
  auto turn = schedule.next(now);
  ck_assert(turn && turn->which == 1);
  now = schedule.failed(*turn, now, Blame::answer);
  turn = schedule.next(now);
  ck_assert_msg(turn && turn->which == 1, "it answers, so it is asked again");
}
END_TEST

/// `count` certificates of one responder and one of another.
StapleSchedule many(std::size_t count) {
  std::vector<StapleSchedule::Item> items(count, {{0}, seconds(600)});
  items.push_back({{1}, seconds(600)});
  return {std::move(items), 2, kStart, 7};
}

START_TEST(no_more_than_two_of_a_responder_and_eight_in_all) {
  StapleSchedule schedule = many(20);
  ck_assert_uint_eq(schedule.next(kStart)->item, 0);
  ck_assert_uint_eq(schedule.next(kStart)->item, 1);
  ck_assert_uint_eq(schedule.next(kStart)->item, 20);  // of the other
  ck_assert(!schedule.next(kStart));

  std::vector<StapleSchedule::Item> apart;
  for (std::uint32_t i = 0; i < 20; ++i) apart.push_back({{i}, seconds(600)});
  StapleSchedule wide(std::move(apart), 20, kStart, 7);
  std::vector<Turn> turns;
  while (const auto turn = wide.next(kStart)) turns.push_back(*turn);
  ck_assert_uint_eq(turns.size(), StapleSchedule::kMostAtOnce);
  ck_assert(wide.wake() == kNoDeadline);
  wide.succeeded(turns.front(), kStart + hours(1));
  ck_assert(wide.wake() == kStart && wide.next(kStart).has_value());
}
END_TEST

// A dead responder of five thousand certificates is asked by one of them now and then.
START_TEST(a_responder_that_is_down_is_left_alone) {
  StapleSchedule schedule = many(5000);
  Instant now = kStart;
  unsigned asked = 0, others = 0;
  const Instant end = kStart + hours(24);
  while (now < end) {
    while (const auto turn = schedule.next(now)) {
      if (turn->item == 5000) {
        ++others;
        schedule.succeeded(*turn, now + minutes(30));
        continue;
      }
      ++asked;
      (void)schedule.failed(*turn, now, Blame::responder);
    }
    ck_assert(schedule.wake() > now);
    now = schedule.wake();
  }
  ck_assert_msg(asked >= 24 * 6 && asked <= 24 * 7 + 10, "%u questions", asked);
  ck_assert_msg(others == 48, "the other is asked as ever: %u", others);
  // It is up again: the first answer opens it for all.
  unsigned answered = 0;
  while (answered < 100) {
    const auto turn = schedule.next(now);
    if (!turn) {
      now = schedule.wake();
      continue;
    }
    if (turn->item != 5000) ++answered;
    schedule.succeeded(*turn, now + hours(100));
  }
  ck_assert(now - end < seconds(720));
}
END_TEST

// Five thousand certificates of one responder whose answers take 50 ms and live for a week: all of
// them are asked about in the time that two at once need, and weeks later no longer in one heap.
START_TEST(five_thousand_certificates) {
  constexpr std::size_t kMany = 5000;
  constexpr seconds kHalfLife = hours(84);
  StapleSchedule schedule = many(kMany);
  std::multimap<Instant, Turn> under_way;
  std::vector<unsigned> asked(kMany + 1);
  std::map<std::int64_t, unsigned> by_hour;
  Instant now = kStart;
  Instant all_asked{};
  std::size_t never = kMany + 1, most = 0;
  while (now < kStart + hours(28 * 24)) {
    while (const auto turn = schedule.next(now)) {
      under_way.emplace(now + milliseconds(50), *turn);
      if (asked[turn->item]++ == 0 && --never == 0) all_asked = now;
      ++by_hour[std::chrono::duration_cast<hours>(now - kStart).count()];
    }
    most = std::max(most, under_way.size());
    const Instant next = schedule.wake();
    if (!under_way.empty() && under_way.begin()->first <= next) {
      now = under_way.begin()->first;
      schedule.succeeded(under_way.begin()->second, now + schedule.shortened(kHalfLife));
      under_way.erase(under_way.begin());
    } else {
      now = std::max(now, next);
    }
  }
  ck_assert_uint_eq(most, 3);  // two of one, and one of the other
  ck_assert(all_asked - kStart < seconds(130));
  for (const unsigned times : asked) ck_assert_msg(times >= 8 && times <= 9, "%u", times);
  unsigned busiest = 0;
  for (const auto& [hour, times] : by_hour) {
    if (hour >= 24L * 14) busiest = std::max(busiest, times);
  }
  ck_assert_msg(busiest < 600, "%u in an hour, where 60 would be even", busiest);
}
END_TEST

START_TEST(what_an_earlier_process_knew_counts) {
  StapleSchedule schedule = one();
  schedule.put(0, kStart + seconds(100), 3);
  ck_assert(!schedule.next(kStart + seconds(99)));
  const auto turn = schedule.next(kStart + seconds(100));
  ck_assert(turn.has_value());
  ck_assert(schedule.failed(*turn, kStart, Blame::answer) - kStart > seconds(70));
}
END_TEST

Suite* staple_schedule_suite() {
  Suite* suite = suite_create("staple_schedule");
  TCase* tests = tcase_create("schedule");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, due_at_once_and_then_when_it_is_time);
  tcase_add_test(tests, where_there_is_nobody_nobody_is_asked);
  tcase_add_test(tests, waits_grow_up_to_what_is_set);
  tcase_add_test(tests, the_next_responder_is_asked_when_one_does_not_answer);
  tcase_add_test(tests, no_more_than_two_of_a_responder_and_eight_in_all);
  tcase_add_test(tests, a_responder_that_is_down_is_left_alone);
  tcase_add_test(tests, five_thousand_certificates);
  tcase_add_test(tests, what_an_earlier_process_knew_counts);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(staple_schedule_suite());
}
