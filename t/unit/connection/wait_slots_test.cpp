// SPDX-License-Identifier: Apache-2.0
//
// Who comes is waited for, and who goes instead, from one thread and from many.
#include "ssl_engine/connection/wait_slots.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <thread>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using std::chrono::seconds;

constexpr seconds kPatience{20};

const struct {
  std::size_t threads;
  std::size_t most;  // 0: no limit
} kShares[] = {{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 3}, {8, 6}, {25, 19}, {64, 48}};

START_TEST(three_quarters_of_the_threads_may_wait) {
  WaitSlots places;
  places.share_threads(kShares[_i].threads);
  ck_assert_uint_eq(places.most(), kShares[_i].most);
}
END_TEST

/// Clients by name, and who was let go in their order.
class Room {
 public:
  explicit Room(std::size_t threads) { places_.share_threads(threads); }
  /// A client whose network is its name without the last letter comes, so long after the first.
  void come(const std::string& name, seconds after = seconds{0}) {
    held_.emplace_back(name, places_, Instant{} + after, gone_);
  }
  /// It has answered, or noticed that it was let go.
  void leave(const std::string& name) {
    held_.remove_if([&](const Held& held) { return held.name == name; });
  }
  [[nodiscard]] bool was_let_go(const std::string& name) const {
    const auto found = std::ranges::find(held_, name, &Held::name);
    return found != held_.end() && found->place->was_let_go();
  }
  [[nodiscard]] const std::string& gone() const { return gone_; }

 private:
  struct Held {
    Held(std::string called, WaitSlots& places, Instant now, std::string& gone)
        : name(std::move(called)),
          place(new WaitSlots::Place(places.take(name.substr(0, name.size() - 1), now, kPatience,
                                                 [&gone, name = name] { gone += name; }))) {}
    std::string name;
    std::unique_ptr<WaitSlots::Place> place;
  };
  WaitSlots places_;
  std::string gone_;
  std::list<Held> held_;
};

START_TEST(the_one_that_has_waited_longest_makes_room) {
  Room room(4);
  for (const char* name : {"a1", "b1", "c1"}) room.come(name);
  expect_text(room.gone(), "");
  room.come("d1");
  expect_text(room.gone(), "a1");
  ck_assert(room.was_let_go("a1"));
  ck_assert(!room.was_let_go("b1"));
  ck_assert(!room.was_let_go("d1"));
  room.come("e1");
  expect_text(room.gone(), "a1b1");
}
END_TEST

START_TEST(of_the_address_that_holds_most) {
  Room room(8);
  for (const char* name : {"x1", "a1", "y1", "a2", "b1", "b2"}) room.come(name);
  room.come("a3");  // of three a the first
  expect_text(room.gone(), "a1");
  room.come("b3");
  expect_text(room.gone(), "a1b1");
  room.come("z1");
  expect_text(room.gone(), "a1b1a2");
  // Nobody else of b is there any more but the newcomer itself and one.
  room.come("b4");
  expect_text(room.gone(), "a1b1a2b2");
  ck_assert(!room.was_let_go("x1"));
  ck_assert(!room.was_let_go("y1"));
}
END_TEST

START_TEST(one_address_cannot_push_out_others) {
  Room room(25);
  room.come("person1");
  for (int i = 0; i < 500; ++i)
    room.come("crowd" + std::string(1, static_cast<char>('a' + i % 26)));
  ck_assert(!room.was_let_go("person1"));
  ck_assert(room.gone().find("person") == std::string::npos);
}
END_TEST

START_TEST(whoever_leaves_gives_the_place_back) {
  Room room(4);
  for (const char* name : {"a1", "b1", "c1"}) room.come(name);
  room.leave("b1");
  room.come("d1");
  expect_text(room.gone(), "");
  room.come("e1");
  expect_text(room.gone(), "a1");
  // Let go, it counts no more, and may take its time to notice.
  room.leave("c1");
  room.come("f1");
  expect_text(room.gone(), "a1");
  room.leave("a1");
  room.come("g1");
  expect_text(room.gone(), "a1d1");
}
END_TEST

START_TEST(as_places_get_scarce_several_of_one_address_are_waited_for_less_long) {
  Room room(8);  // six places
  room.come("single1");
  room.come("a1");
  room.come("a2", seconds{1});
  room.come("b1", seconds{19});  // the fourth: three quarters of the time
  expect_text(room.gone(), "a1");
  room.come("c1", seconds{19});  // one of a is left, and as good as anybody
  room.come("d1", seconds{19});
  expect_text(room.gone(), "a1");
  ck_assert(!room.was_let_go("single1"));
}
END_TEST

START_TEST(where_there_are_places_enough_nobody_goes) {
  Room room(8);
  for (const char* name : {"a1", "a2"}) room.come(name);
  room.come("a3", seconds{1000});
  expect_text(room.gone(), "");
  Room one(1);
  for (int i = 0; i < 200; ++i) one.come("a1");
  expect_text(one.gone(), "");
}
END_TEST

START_TEST(from_many_threads_at_once) {
  WaitSlots places;
  places.share_threads(8);
  std::atomic<int> woken{0};
  std::atomic<int> noticed{0};
  std::vector<std::thread> threads;
  threads.reserve(12);
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 5000; ++round) {
        const auto place =
            places.take(std::to_string(i % 3), Instant{}, kPatience, [&woken] { ++woken; });
        std::this_thread::yield();
        if (place.was_let_go()) ++noticed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  // Each is woken once at most, and those that noticed were.
  ck_assert_int_le(noticed.load(), woken.load());
  ck_assert_int_le(woken.load(), 12L * 5000);
  // All places came back.
  std::string gone;
  std::vector<std::unique_ptr<WaitSlots::Place>> held;
  for (std::size_t i = 0; i < places.most(); ++i) {
    held.emplace_back(new WaitSlots::Place(
        places.take(std::to_string(i), Instant{}, kPatience, [&gone] { gone += '!'; })));
  }
  expect_text(gone, "");
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("waiting_places");
  TCase* tests = tcase_create("places");
  tcase_add_loop_test(tests, three_quarters_of_the_threads_may_wait, 0, std::size(kShares));
  tcase_add_test(tests, the_one_that_has_waited_longest_makes_room);
  tcase_add_test(tests, of_the_address_that_holds_most);
  tcase_add_test(tests, one_address_cannot_push_out_others);
  tcase_add_test(tests, whoever_leaves_gives_the_place_back);
  tcase_add_test(tests, as_places_get_scarce_several_of_one_address_are_waited_for_less_long);
  tcase_add_test(tests, where_there_are_places_enough_nobody_goes);
  tcase_add_test(tests, from_many_threads_at_once);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
