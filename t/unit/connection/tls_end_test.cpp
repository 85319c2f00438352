// SPDX-License-Identifier: Apache-2.0
//
// Two ends of different kinds back to back, through TlsEnd alone. Whoever carries bytes for one can
// do so for the other.
#include "ssl_engine/connection/tls_end.h"

#include "t/unit/tls_ends.h"

namespace tlsplus::test {
namespace {

/// `_i` odd: seen from the client.
struct Seen {
  Seen(Ends& ends, int i)
      : one(i % 2 == 0 ? *ends.server : *ends.client),
        other(i % 2 == 0 ? *ends.client : *ends.server) {}
  Carrier& one;
  Carrier& other;
};

START_TEST(both_ends_hear_what_the_other_says) {
  static constexpr std::size_t kSteps[] = {kOneRecord, 1, 7, 5000, SIZE_MAX};
  static constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  Ends ends(kVersions[_i % 2]);
  ends.start();
  const std::size_t step = kSteps[_i / 2];
  ck_assert(ends.client->end.must_flush_now() && ends.server->end.must_flush_now());
  ends.talk(step);
  ck_assert(ends.are_established());
  const std::string request = "GET / HTTP/1.0\r\n\r\n";
  const std::string answer(100'000, 'a');
  ends.client->say(request);
  ends.talk(step);
  expect_text(ends.server->heard, request);
  ends.server->end.release_buffers();
  ends.client->end.release_buffers();
  ends.server->say(answer);
  ends.talk(step);
  ck_assert(ends.client->heard == answer);
  ck_assert(ends.client->status == StreamStatus::want_read);
}
END_TEST

START_TEST(close_notify_ends_one_direction) {
  Ends ends;
  ends.start();
  ends.talk();
  const Seen seen(ends, _i);
  seen.one.say("last words");
  ck_assert(!seen.one.end.close_notify_sent());
  seen.one.end.send_close_notify();
  ck_assert(seen.one.end.close_notify_sent());
  (void)carry(seen.one, seen.other, kOneRecord);
  expect_text(seen.other.heard, "last words");
  ck_assert(seen.other.status == StreamStatus::closed);
  ck_assert(ends.are_established());
  seen.other.say("not heard the last of it");
  seen.other.end.send_close_notify();
  (void)carry(seen.other, seen.one, kOneRecord);
  expect_text(seen.one.heard, "not heard the last of it");
  ck_assert(seen.one.status == StreamStatus::closed);
  seen.one.end.send_close_notify();
  ck_assert(seen.one.end.out().empty());
}
END_TEST

START_TEST(an_end_without_close_notify_is_told) {
  Ends ends;
  ends.start();
  ends.talk();
  const Seen seen(ends, _i);
  seen.one.say("half of it");
  seen.one.end.close_quietly();
  seen.one.end.send_close_notify();
  (void)carry(seen.one, seen.other, kOneRecord);
  ck_assert(seen.other.status == StreamStatus::want_read);
  seen.other.end.end_input();
  seen.other.go_on();
  expect_text(seen.other.heard, "half of it");
  ck_assert(seen.other.status == StreamStatus::cut_off);
}
END_TEST

START_TEST(a_damaged_record_fails_both) {
  Ends ends;
  ends.start();
  ends.talk();
  const Seen seen(ends, _i);
  seen.one.say("secret");
  Bytes records = seen.one.take();
  records.back() ^= 1U;
  seen.other.give(records);
  ck_assert(seen.other.status == StreamStatus::failed);
  ck_assert(seen.other.heard.empty());
  expect_failed(seen.other.end, "bad record mac");
  (void)carry(seen.other, seen.one, kOneRecord);  // the alert
  expect_failed(seen.one.end, "bad record mac");
}
END_TEST

START_TEST(who_is_not_believed_learns_it) {
  Ends ends(_i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
  ends.authority = nullptr;
  ends.start();
  ends.talk();
  expect_failed(ends.client->end, "its CA, looked for");
  expect_failed(ends.server->end, "unknown ca");
}
END_TEST

START_TEST(a_handshake_that_is_cut_off_fails) {
  Ends ends;
  ends.start();
  const Seen seen(ends, _i);
  ends.client->go_on();
  (void)carry(*ends.client, *ends.server, kOneRecord);
  ck_assert(seen.one.end.phase() == Phase::handshake);
  seen.one.end.end_input();
  ck_assert(!seen.one.end.advance());
  ck_assert(seen.one.end.phase() == Phase::failed);
}
END_TEST

}  // namespace
}  // namespace tlsplus::test

int main() {
  using namespace tlsplus::test;
  Suite* suite = suite_create("tls_end");
  TCase* tests = tcase_create("two kinds of ends");
  tcase_add_loop_test(tests, both_ends_hear_what_the_other_says, 0, 10);
  tcase_add_loop_test(tests, close_notify_ends_one_direction, 0, 2);
  tcase_add_loop_test(tests, an_end_without_close_notify_is_told, 0, 2);
  tcase_add_loop_test(tests, a_damaged_record_fails_both, 0, 2);
  tcase_add_loop_test(tests, who_is_not_believed_learns_it, 0, 2);
  tcase_add_loop_test(tests, a_handshake_that_is_cut_off_fails, 0, 2);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
