// SPDX-License-Identifier: Apache-2.0
//
// RateLimit: how many go on in a span, what the next one hears of those that did not, and that
// threads, and junk in the count, change neither by more than a few.
#include "ssl_engine/base/rate_limit.h"

#include <array>
#include <atomic>
#include <thread>

#include "ssl_engine/diagnostics.h"
#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

START_TEST(so_many_go_on_in_each_span) {
  RateLimit limit(2);
  Instant now{seconds{1000}};
  for (int second = 0; second < 3; ++second) {
    ck_assert(limit.take(now));
    ck_assert(limit.take(now + milliseconds{500}));
    ck_assert(!limit.take(now + milliseconds{999}));
    now += seconds{1};
  }
}
END_TEST

START_TEST(a_span_begins_with_its_first) {
  RateLimit limit(1, seconds{60});
  const Instant now{seconds{90}};
  ck_assert(limit.take(now));
  ck_assert_msg(!limit.take(now + seconds{59}), "no minute of the clock begins in between");
  ck_assert(limit.take(now + seconds{60}));
}
END_TEST

START_TEST(the_next_one_hears_how_many_were_held_back) {
  RateLimit limit(1, seconds{60});
  const Instant now{};
  ck_assert_uint_eq(limit.take(now).value(), 0);
  for (int i = 0; i < 7; ++i) ck_assert(!limit.take(now + seconds{i}));
  ck_assert_uint_eq(limit.take(now + seconds{60}).value(), 7);
  ck_assert_msg(limit.take(now + seconds{120}).value() == 0, "told once");
}
END_TEST

START_TEST(two_that_share_a_count_are_one) {
  RateLimit::Count count;
  RateLimit first(2, seconds{60});
  RateLimit second(2, seconds{60});
  first.share(count);
  second.share(count);
  const Instant now{seconds{5}};
  ck_assert(first.take(now));
  ck_assert(second.take(now));
  ck_assert(!first.take(now));
  ck_assert(!second.take(now));
  ck_assert_uint_eq(second.take(now + seconds{60}).value(), 2);
}
END_TEST

START_TEST(threads_do_not_take_more) {
  constexpr unsigned kMost = 5;
  constexpr int kTurns = 2000;
  RateLimit limit(kMost, seconds{60});
  std::atomic<unsigned> taken{0};
  std::array<std::thread, 8> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int i = 0; i < kTurns; ++i) {
        if (limit.take(Instant{milliseconds{i}})) taken.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ck_assert_uint_eq(taken, kMost);
  const auto held_back = limit.take(Instant{seconds{100}});
  ck_assert_uint_eq(held_back.value(), threads.size() * kTurns - kMost);
}
END_TEST

constexpr std::uint64_t kJunk[] = {~std::uint64_t{0}, ~std::uint64_t{0} >> 1U, 0xFFFF,
                                   std::uint64_t{1} << 63U, 0x6161616161616161};

// Whatever another process writes there: after a span of silence it is a limit again.
START_TEST(junk_in_the_count_heals) {
  RateLimit::Count count;
  RateLimit limit(3, seconds{10});
  limit.share(count);
  Instant now{seconds{4000}};
  (void)limit.take(now);
  count.span = kJunk[_i];
  (void)limit.take(now);
  now += seconds{10};
  for (int i = 0; i < 3; ++i) ck_assert(limit.take(now));
  ck_assert(!limit.take(now));
}
END_TEST

START_TEST(a_line_says_how_many_are_missing) {
  MemoryLog log;
  RateLimit limit(1, seconds{60});
  const Error error = diagnose(Tp::misdirected, "a.example");
  Instant now{};
  for (int i = 0; i < 4; ++i) log_error(log, error, "host:443", limit, now);
  ck_assert_uint_eq(log.lines().size(), 1);
  expect_text(log.lines()[0].text, render(error, "host:443"));
  now += seconds{60};
  log_error(log, error, "host:443", limit, now);
  ck_assert_uint_eq(log.lines().size(), 2);
  expect_text(log.lines()[1].text,
              render(error, "host:443") + " (3 more like it since the last such line)");
}
END_TEST

// Who reads the log at another level has nothing held back from him.
START_TEST(what_is_not_logged_is_not_counted) {
  MemoryLog log(Level::emerg);
  RateLimit limit(1, seconds{60});
  const Error error = diagnose(Tp::misdirected, "a.example");
  for (int i = 0; i < 4; ++i) log_error(log, error, {}, limit, Instant{});
  ck_assert_uint_eq(log.lines().size(), 0);
  ck_assert_uint_eq(limit.take(Instant{}).value(), 0);
}
END_TEST

Suite* rate_limit_suite() {
  Suite* suite = suite_create("rate_limit");
  TCase* tests = tcase_create("rates");
  tcase_add_test(tests, so_many_go_on_in_each_span);
  tcase_add_test(tests, a_span_begins_with_its_first);
  tcase_add_test(tests, the_next_one_hears_how_many_were_held_back);
  tcase_add_test(tests, two_that_share_a_count_are_one);
  tcase_add_test(tests, threads_do_not_take_more);
  tcase_add_loop_test(tests, junk_in_the_count_heals, 0, std::size(kJunk));
  tcase_add_test(tests, a_line_says_how_many_are_missing);
  tcase_add_test(tests, what_is_not_logged_is_not_counted);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::rate_limit_suite());
}
