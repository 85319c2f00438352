// SPDX-License-Identifier: Apache-2.0
//
// The list of waiting handshakes: order, deadlines, the limit, and leaving it at any time.
#include "ssl_engine/parked_handshakes.h"

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
  parked.park(first, at(10));
  parked.park(second, at(20));
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
  parked.park(older, at(10));
  parked.park(newer, at(20));
  parked.unpark(older);
  parked.park(older, at(10));
  ck_assert_uint_eq(parked.sweep(at(15)), 1);
  ck_assert_int_eq(older.woken, 1);
  ck_assert_int_eq(newer.woken, 0);
  parked.unpark(newer);
}
END_TEST

START_TEST(the_oldest_goes_when_there_are_too_many) {
  ParkedHandshakes parked(2);
  Waiting waiting[4];
  for (int i = 0; i < 4; ++i) parked.park(waiting[i], at(10 + i));
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
  for (int i = 0; i < 5; ++i) parked.park(waiting[i], at(i));
  for (const int gone : {2, 0, 4, 2}) parked.unpark(waiting[gone]);
  ck_assert_uint_eq(parked.size(), 2);
  ck_assert_uint_eq(parked.sweep(at(10)), 0);
  ck_assert_int_eq(waiting[1].woken, 1);
  ck_assert_int_eq(waiting[3].woken, 1);
  ck_assert_int_eq(waiting[0].woken + waiting[2].woken + waiting[4].woken, 0);
}
END_TEST

Suite* parked_handshakes_suite() {
  Suite* suite = suite_create("parked_handshakes");
  TCase* tests = tcase_create("list");
  tcase_add_test(tests, deadlines_wake_those_who_passed_them);
  tcase_add_test(tests, one_that_parks_again_keeps_its_place);
  tcase_add_test(tests, the_oldest_goes_when_there_are_too_many);
  tcase_add_test(tests, leaving_from_anywhere_keeps_the_rest);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::parked_handshakes_suite());
}
