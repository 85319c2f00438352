// SPDX-License-Identifier: Apache-2.0
//
// The list of waiting handshakes: order, deadlines, the limit, and leaving it at any time.
#include "ssl_engine/connection/parked_handshakes.h"

#include <set>

#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

using std::chrono::seconds;

struct Waiting final : ParkedHandshake {
  int woken = 0;

 protected:
  void wake() noexcept override { ++woken; }
};

constexpr Instant at(int second) {
  return Instant{} + seconds(second);
}

START_TEST(deadlines_wake_those_who_passed_them) {
  ParkedHandshakes parked(0);
  Waiting first;
  Waiting second;
  parked.park(first, at(10), {});
  parked.park(second, at(20), {});
  ck_assert_uint_eq(parked.sweep(at(9)), 2);
  ck_assert_uint_eq(parked.sweep(at(10)), 1);
  ck_assert_int_eq(first.woken, 1);
  ck_assert_int_eq(second.woken, 0);
  ck_assert(first.given_up() == ParkedHandshake::GivenUp::deadline);
  ck_assert(second.given_up() == ParkedHandshake::GivenUp::no);
  ck_assert_uint_eq(parked.sweep(at(100)), 0);
  ck_assert_int_eq(first.woken, 1);
}
END_TEST

START_TEST(one_that_parks_again_keeps_its_place) {
  ParkedHandshakes parked(0);
  Waiting older;
  Waiting newer;
  parked.park(older, at(10), {});
  parked.park(newer, at(20), {});
  parked.unpark(older);
  parked.park(older, at(10), {});
  ck_assert_uint_eq(parked.sweep(at(15)), 1);
  ck_assert_int_eq(older.woken, 1);
  ck_assert_int_eq(newer.woken, 0);
  parked.unpark(newer);
}
END_TEST

START_TEST(the_oldest_goes_when_there_are_too_many) {
  ParkedHandshakes parked(2);
  Waiting waiting[4];
  for (int i = 0; i < 4; ++i) parked.park(waiting[i], at(10 + i), {});
  ck_assert_uint_eq(parked.size(), 2);
  ck_assert(waiting[0].given_up() == ParkedHandshake::GivenUp::room);
  ck_assert(waiting[1].given_up() == ParkedHandshake::GivenUp::room);
  ck_assert_int_eq(waiting[2].woken + waiting[3].woken, 0);
  for (auto& each : waiting) parked.unpark(each);
  ck_assert_uint_eq(parked.size(), 0);
}
END_TEST

START_TEST(leaving_from_anywhere_keeps_the_rest) {
  ParkedHandshakes parked(0);
  Waiting waiting[5];
  for (int i = 0; i < 5; ++i) parked.park(waiting[i], at(i), {});
  for (const int gone : {2, 0, 4, 2}) parked.unpark(waiting[gone]);
  ck_assert_uint_eq(parked.size(), 2);
  ck_assert_uint_eq(parked.sweep(at(10)), 0);
  ck_assert_int_eq(waiting[1].woken, 1);
  ck_assert_int_eq(waiting[3].woken, 1);
  ck_assert_int_eq(waiting[0].woken + waiting[2].woken + waiting[4].woken, 0);
}
END_TEST

constexpr Standing from(std::uint16_t origin, bool has_hello = true) {
  return {.origin = origin, .has_hello = has_hello};
}

START_TEST(those_without_a_hello_go_first) {
  ParkedHandshakes parked(8);
  Waiting waiting[9];
  for (int i = 0; i < 8; ++i) {
    parked.park(waiting[i], at(i), from(static_cast<std::uint16_t>(i), i != 5));
  }
  parked.park(waiting[8], at(8), from(8, false));
  ck_assert_msg(waiting[5].given_up() == ParkedHandshake::GivenUp::room, "not the newest either");
  for (auto& each : waiting) parked.unpark(each);
}
END_TEST

START_TEST(a_flood_from_one_address_pushes_out_itself_alone) {
  constexpr std::uint16_t kFlood = 7;
  ParkedHandshakes parked(16);
  Waiting honest[4];
  for (int i = 0; i < 4; ++i) {
    parked.park(honest[i], at(i), from(static_cast<std::uint16_t>(100 + i), i % 2 == 0));
  }
  Waiting flood[200];
  for (int i = 0; i < 200; ++i) parked.park(flood[i], at(10 + i), from(kFlood, i % 3 == 0));
  for (auto& each : honest) {
    ck_assert(each.given_up() == ParkedHandshake::GivenUp::no);
    parked.unpark(each);
  }
  ck_assert_uint_eq(parked.size(), 12);
  for (auto& each : flood) parked.unpark(each);
}
END_TEST

START_TEST(many_at_once_wait_for_a_moment) {
  ParkedHandshakes parked(75);  // of 100
  Waiting honest[100];
  for (auto& each : honest) parked.park(each, at(60), from(1), at(1));
  ck_assert_uint_eq(parked.size(), 100);
  Waiting one_more;
  parked.park(one_more, at(60), from(1), at(1));
  ck_assert_msg(parked.size() == 100, "no more than the whole");
  for (int i = 1; i < 80; ++i) parked.unpark(honest[i]);
  for (int i = 1; i < 80; ++i) parked.park(honest[i], at(60), from(1), at(20));
  ck_assert_msg(parked.size() == 100, "another moment, after there was room");
  ck_assert_uint_eq(parked.sweep(at(22)), 100);
  ck_assert_msg(parked.sweep(at(23)) == 75, "who stays is a flood");
  Waiting late;
  parked.park(late, at(60), from(1), at(24));
  ck_assert_uint_eq(parked.size(), 75);
  ck_assert(late.given_up() == ParkedHandshake::GivenUp::no);
  for (auto& each : honest) parked.unpark(each);
  parked.unpark(one_more);
  parked.unpark(late);
}
END_TEST

START_TEST(half_hellos_get_no_moment) {
  ParkedHandshakes parked(75);
  Waiting waiting[80];
  for (auto& each : waiting) parked.park(each, at(60), from(1, false), at(1));
  ck_assert_uint_eq(parked.size(), 75);
  for (auto& each : waiting) parked.unpark(each);
}
END_TEST

START_TEST(an_address_is_counted_while_it_waits) {
  ParkedHandshakes parked(4);
  Waiting waiting[5];
  for (int i = 0; i < 3; ++i) parked.park(waiting[i], at(10 - i), from(1));
  for (int i = 0; i < 3; ++i) parked.unpark(waiting[i]);  // has had its turn
  parked.park(waiting[0], at(20), from(1));
  parked.park(waiting[1], at(21), from(2));
  parked.park(waiting[2], at(22), from(2));
  parked.park(waiting[3], at(23), from(3));
  parked.park(waiting[4], at(24), from(4));
  ck_assert(waiting[1].given_up() == ParkedHandshake::GivenUp::room);
  for (auto& each : waiting) parked.unpark(each);
}
END_TEST

START_TEST(addresses_are_spread) {
  const ParkedHandshakes parked(1, 42);
  const ParkedHandshakes other(1, 43);
  const Byte one[] = {192, 0, 2, 1};
  const Byte two[] = {192, 0, 2, 2};
  const Byte six[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};
  const Byte same[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9};
  const Byte next[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1};
  ck_assert_uint_eq(parked.origin_of(one), parked.origin_of(one));
  ck_assert_uint_ne(parked.origin_of(one), parked.origin_of(two));
  ck_assert_uint_ne(parked.origin_of(one), other.origin_of(one));
  ck_assert_uint_eq(parked.origin_of(six), parked.origin_of(same));
  ck_assert_uint_ne(parked.origin_of(six), parked.origin_of(next));
  const Byte mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  const Byte mapped_two[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2};
  ck_assert_uint_eq(parked.origin_of(mapped), parked.origin_of(one));
  ck_assert_uint_eq(parked.origin_of(mapped_two), parked.origin_of(two));
  std::set<std::uint16_t> places;
  for (int i = 0; i < 256; ++i) {
    const Byte each[] = {10, 0, 0, static_cast<Byte>(i)};
    places.insert(parked.origin_of(each));
  }
  ck_assert_uint_gt(places.size(), 200);
}
END_TEST

START_TEST(half_full_is_filling_up) {
  ParkedHandshakes parked(4);
  Waiting waiting[3];
  for (int i = 0; i < 3; ++i) {
    ck_assert(!parked.is_filling_up());
    parked.park(waiting[i], at(i), {});
  }
  ck_assert(parked.is_filling_up());
  parked.unpark(waiting[0]);
  ck_assert(!parked.is_filling_up());
  for (auto& each : waiting) parked.unpark(each);
}
END_TEST

Suite* parked_handshakes_suite() {
  Suite* suite = suite_create("parked_handshakes");
  TCase* tests = tcase_create("list");
  tcase_add_test(tests, deadlines_wake_those_who_passed_them);
  tcase_add_test(tests, one_that_parks_again_keeps_its_place);
  tcase_add_test(tests, the_oldest_goes_when_there_are_too_many);
  tcase_add_test(tests, leaving_from_anywhere_keeps_the_rest);
  tcase_add_test(tests, those_without_a_hello_go_first);
  tcase_add_test(tests, a_flood_from_one_address_pushes_out_itself_alone);
  tcase_add_test(tests, many_at_once_wait_for_a_moment);
  tcase_add_test(tests, half_hellos_get_no_moment);
  tcase_add_test(tests, an_address_is_counted_while_it_waits);
  tcase_add_test(tests, addresses_are_spread);
  tcase_add_test(tests, half_full_is_filling_up);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::parked_handshakes_suite());
}
