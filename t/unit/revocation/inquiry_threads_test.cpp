// SPDX-License-Identifier: Apache-2.0
//
// The threads that ask in the place of clients: how many there are, what is asked once, what
// becomes of those that wait for a thread, and how it all ends.
#include "ssl_engine/revocation/inquiry_threads.h"

#include <condition_variable>

#include "t/unit/test_certs.h"

namespace tlsplus::test {
namespace {

using namespace std::chrono_literals;

/// Answers when it is told to.
class SlowOracle final : public OcspChecker {
 public:
  OcspFinding check(X509&, X509&, const ClientOcsp&, Instant) override {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return may_answer_; });
    return {OcspOutcome::good, {}};
  }
  std::optional<OcspFinding> at_hand(X509&, X509&, const ClientOcsp&) override {
    return std::nullopt;
  }
  void count_joined() noexcept override { ++joined; }
  void count_shared(OcspOutcome) noexcept override {}
  bool is_known_good(X509&, X509&, const ClientOcsp&) override { return false; }
  void count_forgiven() noexcept override {}

  void let_answer() {
    const std::scoped_lock lock(mutex_);
    may_answer_ = true;
    changed_.notify_all();
  }
  void await(int questions) {
    std::unique_lock lock(mutex_);
    ck_assert(changed_.wait_for(lock, 60s, [&] { return asked_ >= questions; }));
  }
  int asked() {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  std::atomic<int> joined{0};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0;
  bool may_answer_ = false;
};

class Bell final : public Inquiry::Waiter {
 public:
  void on_answer() noexcept override { ++rung; }
  std::atomic<int> rung{0};
};

struct Office {
  std::shared_ptr<Inquiry> inquiry(int number) {
    while (std::ssize(clients) <= number) {
      clients.push_back(
          issue({.name = "client " + std::to_string(clients.size()), .issuer = &root}));
    }
    std::vector<Inquiry::Question> questions;
    questions.push_back({0, share(*clients[static_cast<std::size_t>(number)].certificate),
                         share(*root.certificate)});
    return std::make_shared<Inquiry>(std::move(questions), how,
                                     std::chrono::steady_clock::now() + 60s);
  }

  Identity root = issue({.name = "Root", .ca = true});
  std::vector<Identity> clients;
  std::shared_ptr<const ClientOcsp> how = std::make_shared<ClientOcsp>();
  SlowOracle oracle;
  MemoryLog log;
};

START_TEST(many_are_asked_about_at_once) {
  Office office;
  InquiryThreads threads(office.oracle, office.log);
  std::vector<std::shared_ptr<Inquiry>> all;
  all.reserve(20);
  for (int i = 0; i < 20; ++i) all.push_back(threads.submit(office.inquiry(i)));
  office.oracle.await(20);
  for (const auto& inquiry : all) ck_assert(!inquiry->is_over());
  office.oracle.let_answer();
  for (const auto& inquiry : all) {
    inquiry->wait();
    ck_assert(inquiry->is_over());
    ck_assert(inquiry->found().at(0).outcome == OcspOutcome::good);
  }
}
END_TEST

START_TEST(the_same_is_asked_once) {
  Office office;
  InquiryThreads threads(office.oracle, office.log);
  const auto first = threads.submit(office.inquiry(0));
  office.oracle.await(1);
  Bell bells[3];
  for (Bell& bell : bells) {
    const auto own = office.inquiry(0);
    const auto joined = threads.submit(own);
    ck_assert(joined == first && joined != own);
    ck_assert(joined->join(bell));
  }
  first->leave(bells[2]);
  ck_assert_int_eq(office.oracle.joined, 3);
  office.oracle.let_answer();
  first->wait();
  ck_assert(first->is_over());
  ck_assert_int_eq(bells[0].rung + bells[1].rung, 2);
  ck_assert_int_eq(bells[2].rung, 0);
  ck_assert(!first->join(bells[2]));
  ck_assert_int_eq(office.oracle.asked(), 1);
}
END_TEST

START_TEST(more_than_there_may_be_threads_wait_their_turn) {
  Office office;
  InquiryThreads threads(office.oracle, office.log, 2);
  std::vector<std::shared_ptr<Inquiry>> all;
  all.reserve(4);
  for (int i = 0; i < 4; ++i) all.push_back(threads.submit(office.inquiry(i)));
  office.oracle.await(2);
  ck_assert_int_eq(office.oracle.asked(), 2);
  const auto one_more = threads.submit(office.inquiry(4));
  ck_assert(one_more->is_over());
  ck_assert(one_more->found().at(0).outcome == OcspOutcome::unreachable);
  ck_assert(threads.submit(office.inquiry(3)) == all[3]);
  office.oracle.let_answer();
  for (const auto& inquiry : all) {
    inquiry->wait();
    ck_assert(inquiry->found().at(0).outcome == OcspOutcome::good);
  }
}
END_TEST

START_TEST(whoever_waits_at_the_end_is_told) {
  Office office;
  Bell bell;
  std::shared_ptr<Inquiry> asked;
  std::shared_ptr<Inquiry> queued;
  {
    InquiryThreads threads(office.oracle, office.log, 1);
    asked = threads.submit(office.inquiry(0));
    office.oracle.await(1);
    queued = threads.submit(office.inquiry(1));
    ck_assert(queued->join(bell));
    office.oracle.let_answer();
    threads.stop();
    ck_assert(threads.submit(office.inquiry(2)) == nullptr);
  }
  ck_assert(asked->is_over() && queued->is_over());
  ck_assert_int_eq(bell.rung, 1);
}
END_TEST

START_TEST(an_inquiry_is_run_by_whoever_has_it) {
  Office office;
  office.oracle.let_answer();
  const auto inquiry = office.inquiry(0);
  inquiry->run(office.oracle);
  ck_assert(inquiry->is_over());
  inquiry->end({OcspOutcome::unreachable, "too late"});
  ck_assert(inquiry->found().at(0).outcome == OcspOutcome::good);
  ck_assert(inquiry->key() != office.inquiry(1)->key());
  ck_assert(inquiry->key() == office.inquiry(0)->key());
}
END_TEST

Suite* inquiry_threads_suite() {
  Suite* suite = suite_create("inquiry_threads");
  TCase* tests = tcase_create("threads");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, many_are_asked_about_at_once);
  tcase_add_test(tests, the_same_is_asked_once);
  tcase_add_test(tests, more_than_there_may_be_threads_wait_their_turn);
  tcase_add_test(tests, whoever_waits_at_the_end_is_told);
  tcase_add_test(tests, an_inquiry_is_run_by_whoever_has_it);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::inquiry_threads_suite());
}
