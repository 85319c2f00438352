// SPDX-License-Identifier: Apache-2.0
//
// RateLimit: how many go on in a span, what the next one hears of those that did not, and that
// threads, and junk in the count, change neither by more than a few.
#include "ssl_engine/base/rate_limit.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/messages/paced_messages.h"
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
  MemoryLog log(Level::warn);
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

// Who reads at info has all of them, and those of the pace at their own level.
START_TEST(what_is_held_back_comes_at_info) {
  MemoryLog log(Level::info);
  RateLimit limit(2, seconds{60});
  const Error error = diagnose(Tp::misdirected, "a.example");
  for (int i = 0; i < 4; ++i) log_error(log, error, {}, limit, Instant{});
  ck_assert_uint_eq(log.lines().size(), 4);
  for (std::size_t i = 0; i < 4; ++i) {
    ck_assert(log.lines()[i].level == (i < 2 ? Level::warn : Level::info));
    expect_text(log.lines()[i].text, render(error));
  }
}
END_TEST

START_TEST(what_is_not_logged_is_not_counted) {
  MemoryLog log(Level::emerg);
  RateLimit limit(1, seconds{60});
  const Error error = diagnose(Tp::misdirected, "a.example");
  for (int i = 0; i < 4; ++i) log_error(log, error, {}, limit, Instant{});
  ck_assert_uint_eq(log.lines().size(), 0);
  ck_assert_uint_eq(limit.take(Instant{}).value(), 0);
}
END_TEST

START_TEST(each_kind_has_its_own_pace) {
  MemoryLog log(Level::warn);
  PacedMessages messages;
  for (int i = 0; i < 100; ++i) {
    messages.log(log, diagnose(Tp::misdirected, {}), {}, Instant{});
    messages.log(log, diagnose(Tp::client_certificate_refused, {}), {}, Instant{});
  }
  ck_assert_uint_eq(log.lines().size(), std::size_t{2} * PacedMessages::kMostInSpan);
  ck_assert(log.contains(render(diagnose(Tp::misdirected, {}))));
  ck_assert(log.contains(render(diagnose(Tp::client_certificate_refused, {}))));
  // One that is no such kind is httpd's to filter.
  for (int i = 0; i < 100; ++i) messages.log(log, diagnose(Tp::tls_required, {}), {}, Instant{});
  ck_assert_uint_eq(log.lines().size(), 2 * PacedMessages::kMostInSpan + 100);
}
END_TEST

START_TEST(what_has_a_pace_is_above_info) {
  for (const Tp kind : PacedMessages::kKinds) {
    ck_assert_msg(severity_of(diagnose(kind, {})) < Level::info, "TP%d", static_cast<int>(kind));
  }
  ck_assert(std::ranges::is_sorted(PacedMessages::kKinds));
}
END_TEST

START_TEST(children_have_one_pace_together) {
  alignas(RateLimit::Count) std::array<Byte, PacedMessages::bytes()> memory{};
  PacedMessages one;
  PacedMessages other;
  one.share(memory);
  other.share(memory);
  MemoryLog log(Level::warn);
  for (int i = 0; i < 10; ++i) {
    one.log(log, diagnose(Tp::misdirected, {}), {}, Instant{});
    other.log(log, diagnose(Tp::misdirected, {}), {}, Instant{});
  }
  ck_assert_uint_eq(log.lines().size(), PacedMessages::kMostInSpan);
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
  tcase_add_test(tests, what_is_held_back_comes_at_info);
  tcase_add_test(tests, what_is_not_logged_is_not_counted);
  tcase_add_test(tests, each_kind_has_its_own_pace);
  tcase_add_test(tests, what_has_a_pace_is_above_info);
  tcase_add_test(tests, children_have_one_pace_together);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::rate_limit_suite());
}
