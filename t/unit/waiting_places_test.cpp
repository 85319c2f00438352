// SPDX-License-Identifier: Apache-2.0
//
// Places are given to so many at a time and come back, from one thread or from many.
#include "ssl_engine/waiting_places.h"

#include <thread>

#include "t/unit/unit.h"

namespace {

using tlsplus::WaitingPlaces;

const struct {
  int threads;
  std::size_t places;  // of 200 asked for
} kShares[] = {{0, 200}, {1, 200}, {2, 1}, {3, 1}, {25, 12}, {64, 32}};

START_TEST(half_of_the_threads_may_wait) {
  const auto& row = kShares[_i];
  WaitingPlaces waiting;
  waiting.share_threads(row.threads);
  for (int round = 0; round < 3; ++round) {
    std::vector<WaitingPlaces::Place> held;
    std::size_t given = 0;
    for (int i = 0; i < 200; ++i) {
      held.push_back(waiting.take());
      if (held.back()) ++given;
    }
    ck_assert_uint_eq(given, row.places);
  }
}
END_TEST

START_TEST(a_place_that_came_back_is_given_again) {
  WaitingPlaces waiting;
  waiting.share_threads(2);
  std::optional<WaitingPlaces::Place> first(waiting.take());
  ck_assert(static_cast<bool>(*first));
  ck_assert(!waiting.take());
  first.reset();
  ck_assert(static_cast<bool>(waiting.take()));
  ck_assert(static_cast<bool>(waiting.take()));
}
END_TEST

START_TEST(many_threads_never_hold_more) {
  WaitingPlaces waiting;
  waiting.share_threads(8);
  std::atomic<int> holding{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20000; ++round) {
        const auto place = waiting.take();
        if (!place) continue;
        const int now = ++holding;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --holding;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ck_assert_int_ge(most.load(), 1);
  ck_assert_int_le(most.load(), 4);
  ck_assert(static_cast<bool>(waiting.take()));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("waiting_places");
  TCase* tests = tcase_create("places");
  tcase_add_loop_test(tests, half_of_the_threads_may_wait, 0, std::size(kShares));
  tcase_add_test(tests, a_place_that_came_back_is_given_again);
  tcase_add_test(tests, many_threads_never_hold_more);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
