// SPDX-License-Identifier: Apache-2.0
//
// Who is warned of the end of which certificate, and how often: by a clock that is set by hand.
#include "ssl_engine/reload/expiry_watch.h"

#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using std::chrono::days;
using std::chrono::hours;

/// A snapshot of hosts with one certificate each, and a watch over it.
struct Watched : World {
  explicit Watched(ExpiryWindow window = {}) : watch(window) {}

  /// A host whose certificate began `age` ago and has `left`.
  void host(const std::string& name, days age, std::chrono::seconds left) {
    const auto begin = kTestNow - std::chrono::seconds(age).count();
    const Identity made = issue({.name = name,
                                 .names = {name},
                                 .issuer = &root,
                                 .begin = begin,
                                 .end = kTestNow + left.count()});
    site.add_tls(name, complete(name + ".pem", made), {});
  }
  std::vector<ExpiryWatch::Ending> look() {
    if (snapshot == nullptr) snapshot = build_well();
    return watch.look(*snapshot, clock.wall());
  }
  /// The names of the hosts that are told of, and "!" behind those that are critical.
  std::string told() {
    std::string all;
    for (const ExpiryWatch::Ending& ending : look()) {
      for (const std::string& name : ending.hosts) {
        all += name.substr(0, name.find(':')) + (ending.is_critical ? "! " : " ");
      }
    }
    return all;
  }

  ExpiryWatch watch;
  std::shared_ptr<const Snapshot> snapshot;
};

START_TEST(a_quarter_of_a_life_is_soon_whatever_its_length) {
  Watched all;
  all.host("new6", days(0), days(6));
  all.host("old6", days(5), hours(30));
  all.host("late6", days(5), hours(17));
  all.host("fine90", days(60), days(30));
  all.host("old90", days(70), days(20));
  all.host("late90", days(80), days(10));
  all.host("fine398", days(200), days(198));
  all.host("old398", days(308), days(90));
  expect_text(all.told(), "late6! old6 late90! old90 old398 ");
}
END_TEST

START_TEST(once_a_day_and_when_it_becomes_critical) {
  Watched all;
  all.host("a", days(78), days(12));
  expect_text(all.told(), "a ");
  expect_text(all.told(), "");
  all.clock.advance(hours(17));
  expect_text(all.told(), "");
  all.clock.advance(hours(2));  // an eighth of 90 days is 11 and a quarter
  expect_text(all.told(), "a! ");
  all.clock.advance(hours(23));
  expect_text(all.told(), "");
  all.clock.advance(hours(1));
  expect_text(all.told(), "a! ");
}
END_TEST

START_TEST(one_that_has_ended_is_told_of_as_critical) {
  Watched all;
  all.host("a", days(89), hours(24));
  expect_text(all.told(), "a! ");
  all.clock.advance(days(3));
  const auto endings = all.look();
  ck_assert_uint_eq(endings.size(), 1);
  expect_part(render(message_of(endings[0], all.clock.wall())), "has ended");
}
END_TEST

START_TEST(hosts_with_one_certificate_are_one_warning) {
  Watched all;
  all.host("a", days(80), days(10));
  for (const char* name : {"b", "c", "d", "e", "f", "g"}) {
    all.site.add_tls(name, all.folder.path("a.pem"), {});
  }
  const auto endings = all.look();
  ck_assert_uint_eq(endings.size(), 1);
  ck_assert_uint_eq(endings[0].hosts.size(), 7);
  const std::string said = render(message_of(endings[0], all.clock.wall()));
  expect_part(said, "TP0956");
  expect_part(said, all.folder.path("a.pem"));
  expect_part(said, "a:443, b:443, c:443, d:443, e:443 and 2 more");
}
END_TEST

START_TEST(a_window_of_days_is_no_more_than_a_quarter) {
  Watched all({0, days(30)});
  all.host("six", days(1), days(5));
  all.host("year", days(300), days(29));
  all.host("calm", days(300), days(31));
  expect_text(all.told(), "year ");
}
END_TEST

START_TEST(off_is_off) {
  Watched all({0, {}});
  all.host("a", days(89), hours(1));
  expect_text(all.told(), "");
}
END_TEST

START_TEST(one_that_was_renewed_is_forgotten) {
  Watched all;
  all.host("a", days(80), days(10));
  expect_text(all.told(), "a! ");
  Watched renewed;
  renewed.host("a", days(0), days(90));
  renewed.snapshot = renewed.build_well();
  ck_assert(all.watch.look(*renewed.snapshot, all.clock.wall()).empty());
  expect_text(all.told(), "a! ");
}
END_TEST

START_TEST(a_clock_that_was_put_back_silences_nothing) {
  Watched all;
  all.host("a", days(80), days(10));
  all.clock.advance(days(2));
  expect_text(all.told(), "a! ");
  all.clock.advance(-hours(30));
  expect_text(all.told(), "a! ");
}
END_TEST

Suite* suite() {
  Suite* const all = suite_create("expiry_watch");
  TCase* const tests = tcase_create("expiry");
  tcase_add_test(tests, a_quarter_of_a_life_is_soon_whatever_its_length);
  tcase_add_test(tests, once_a_day_and_when_it_becomes_critical);
  tcase_add_test(tests, one_that_has_ended_is_told_of_as_critical);
  tcase_add_test(tests, hosts_with_one_certificate_are_one_warning);
  tcase_add_test(tests, a_window_of_days_is_no_more_than_a_quarter);
  tcase_add_test(tests, off_is_off);
  tcase_add_test(tests, one_that_was_renewed_is_forgotten);
  tcase_add_test(tests, a_clock_that_was_put_back_silences_nothing);
  suite_add_tcase(all, tests);
  return all;
}

}  // namespace

int main() {
  return run_suite(suite());
}
