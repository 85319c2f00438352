// SPDX-License-Identifier: Apache-2.0
//
// A helper talks, crashes, hangs; its parent learns which, and is never held up.
#include "ssl_engine/base/helper_process.h"

#include <unistd.h>

#include <csignal>

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using namespace std::chrono_literals;

std::unique_ptr<HelperProcess> start(const std::function<void(Channel&)>& work) {
  auto helper = HelperProcess::start(std::nullopt, work);
  ck_assert(static_cast<bool>(helper));
  return std::move(*helper);
}

std::string body_of(const Channel::Received& received) {
  ck_assert(received.message.has_value());
  return std::string(as_text(received.message->body.reveal()));
}

START_TEST(messages_go_both_ways_and_stay_whole) {
  const std::string large(Channel::kMostBytes, 'x');
  const auto helper = start([&](Channel& parent) {
    const auto asked = parent.receive(5s);
    (void)parent.send('a', asked.message->body.reveal());
    (void)parent.send('b', {});
    (void)parent.send('c', as_bytes(large));
  });
  ck_assert(helper->channel().send('q', as_bytes("question")));
  const auto first = helper->channel().receive(5s);
  expect_text(body_of(first), "question");
  ck_assert_int_eq(first.message->kind, 'a');
  expect_text(body_of(helper->channel().receive(5s)), "");
  ck_assert(body_of(helper->channel().receive(5s)) == large);
  const auto last = helper->channel().receive(5s);
  ck_assert(!last.message && last.silence == Channel::Silence::closed);
  expect_text(helper->how_it_ended(), "ended with status 0");
}
END_TEST

START_TEST(nothing_of_it_is_done_here) {
  int touched = 0;
  const auto helper = start([&](Channel&) { touched = 1; });
  (void)helper->channel().receive(5s);
  ck_assert_int_eq(touched, 0);
}
END_TEST

START_TEST(a_crash_is_a_message) {
  const auto helper = start([](Channel&) { (void)raise(SIGKILL); });
  ck_assert(helper->channel().receive(5s).silence == Channel::Silence::closed);
  expect_text(helper->how_it_ended(), "ended by signal 9");
}
END_TEST

START_TEST(one_that_hangs_is_ended) {
  const auto begin = std::chrono::steady_clock::now();
  {
    const auto helper = start([](Channel&) {
      for (;;) pause();
    });
    ck_assert(helper->channel().receive(20ms).silence == Channel::Silence::late);
  }
  ck_assert(std::chrono::steady_clock::now() - begin < 5s);
}
END_TEST

START_TEST(too_much_is_not_sent) {
  const std::string large(Channel::kMostBytes + 1, 'x');
  const auto helper = start([](Channel& parent) { (void)parent.receive(5s); });
  ck_assert(!helper->channel().send('q', as_bytes(large)));
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("helper_process");
  TCase* const tests = tcase_create("helper_process");
  tcase_add_test(tests, messages_go_both_ways_and_stay_whole);
  tcase_add_test(tests, nothing_of_it_is_done_here);
  tcase_add_test(tests, a_crash_is_a_message);
  tcase_add_test(tests, one_that_hangs_is_ended);
  tcase_add_test(tests, too_much_is_not_sent);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
