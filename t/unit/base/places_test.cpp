// SPDX-License-Identifier: Apache-2.0
//
// Places: what all have together, and what one may have of it.
#include "ssl_engine/base/places.h"

#include <atomic>
#include <thread>
#include <vector>

#include "t/unit/unit.h"

namespace tlsplus {
namespace {

START_TEST(there_are_no_more_than_are_allowed) {
  Places places;
  ck_assert(!places.take(1));
  places.limit(3, 3);
  for (int i = 0; i < 3; ++i) ck_assert(places.take(1));
  ck_assert(!places.take(1));
  ck_assert(!places.take(2));
  places.leave(1);
  ck_assert(places.take(2));
}
END_TEST

START_TEST(one_client_leaves_places_to_others) {
  Places places;
  places.limit(4, 2);
  ck_assert(places.take(1) && places.take(1));
  ck_assert(!places.take(1));
  ck_assert(places.take(2) && places.take(3));
  ck_assert(!places.take(4));
  places.leave(1);
  ck_assert(places.take(1));
  // Few as they are, everybody may have one.
  Places few;
  few.limit(1, 0);
  ck_assert(few.take(1));
}
END_TEST

START_TEST(who_has_none_gives_none_back) {
  Places places;
  places.limit(1, 1);
  places.leave(7);
  ck_assert(places.take(1));
  places.leave(7);
  ck_assert(!places.take(2));
}
END_TEST

START_TEST(threads_get_what_there_is) {
  constexpr int kThreads = 4;
  constexpr int kTurns = 2000;
  Places places;
  places.limit(3, 2);
  std::atomic<int> in_use{0};
  std::atomic<int> too_many{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      const auto client = static_cast<std::uint16_t>(number % 2);
      for (int turn = 0; turn < kTurns; ++turn) {
        if (!places.take(client)) continue;
        if (++in_use > 3) ++too_many;
        --in_use;
        places.leave(client);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ck_assert_int_eq(too_many.load(), 0);
  ck_assert(places.take(0) && places.take(0) && places.take(1));
}
END_TEST

Suite* places_suite() {
  Suite* suite = suite_create("places");
  TCase* tests = tcase_create("places");
  tcase_add_test(tests, there_are_no_more_than_are_allowed);
  tcase_add_test(tests, one_client_leaves_places_to_others);
  tcase_add_test(tests, who_has_none_gives_none_back);
  tcase_add_test(tests, threads_get_what_there_is);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus

int main() {
  return tlsplus::test::run_suite(tlsplus::places_suite());
}
