// SPDX-License-Identifier: Apache-2.0
//
// StapleFetcher, StapleCopies, StapleThreads and what judges a staple: from a responder of the
// test, over the table, to what a handshake would be given. The clock is the test's where it
// matters.
#include "ssl_engine/revocation/staple_fetcher.h"

#include <condition_variable>
#include <deque>
#include <fstream>
#include <map>
#include <thread>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/ocsp/ocsp_request.h"
#include "ssl_engine/revocation/staple_copies.h"
#include "ssl_engine/revocation/staple_threads.h"
#include "t/unit/ocsp_answers.h"
#include "t/unit/shared_memory.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using std::chrono::hours;
using std::chrono::seconds;

SharedChain chain_of(const Identity& issuer) {
  SharedChain chain(sk_X509_new_null(), free_chain);
  Cert shared = share(*issuer.certificate);
  sk_X509_push(chain.get(), shared.release());
  return chain;
}

/// Says what the test tells it to; a certificate's own answer comes before those of all.
class FakeResponder final : public Responder {
 public:
  Result<Bytes> ask(const StapleTarget& target, const std::string& url, ByteView question,
                    Instant) override {
    std::unique_lock lock(mutex_);
    ++asked;
    urls.push_back(url);
    ck_assert(!question.empty());
    released_.wait(lock, [this] { return !hangs; });
    const auto own = of.find(target.certificate->fingerprint());
    if (own != of.end()) return own->second;
    if (answers.empty()) return Error{.what = "nobody listens"};
    Bytes answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    hangs = false;
    released_.notify_all();
  }

  std::deque<Bytes> answers;        // the last one is said again and again; none: no answer
  std::map<Fingerprint, Bytes> of;  // by certificate
  std::vector<std::string> urls;
  std::atomic<unsigned> asked{0};
  bool hangs = false;

 private:
  std::mutex mutex_;
  std::condition_variable released_;
};

struct Stapling {
  Identity root = issue({.name = "Root", .ca = true});
  Identity leaf = issue({.name = "a", .names = {"a.test"}, .issuer = &root});
  Identity other = issue({.name = "b", .names = {"b.test"}, .issuer = &root});
  std::vector<StapleTarget> targets;
  SharedMemory memory{StapleTable::bytes(2)};
  StapleTable table{memory.bytes(), 2};
  Folder folder;
  StapleFiles files = *StapleFiles::open(folder.path("staples"));
  FakeResponder responder;
  FakeClock clock;
  MemoryLog log;
  std::optional<StapleFetcher> fetcher;

  explicit Stapling(const StapleRules& rules = {}) {
    for (const Identity* each : {&leaf, &other}) {
      StapleTarget target;
      target.certificate = std::make_shared<const Certificate>(
          StoredCertificate(share(*each->certificate)), chain_of(root), StoredKey());
      target.rules = rules;
      target.host = "a.test:443";
      targets.push_back(std::move(target));
    }
    targets[0].urls = {"http://ocsp.test/"};
    begin();
  }

  /// As another process would, after the one before has gone.
  void begin() {
    fetcher.emplace(targets, StapleFetcher::Place{table, files}, responder, clock, log, 42);
    fetcher->take_over();
  }
  [[nodiscard]] Bytes answer(OcspOrder order = {}) const {
    if (order.about == nullptr) order.about = &leaf;
    order.issuer = &root;
    return ocsp_answer(order);
  }
  [[nodiscard]] std::shared_ptr<const Staple> stapled() {
    return StapleCopies(targets, table, clock).of(0);
  }
  [[nodiscard]] std::size_t lines(std::string_view part) const {
    std::size_t count = 0;
    for (const auto& line : log.lines()) count += line.text.find(part) != std::string::npos ? 1 : 0;
    return count;
  }
};

START_TEST(a_good_answer_is_stapled_kept_and_asked_for_again_in_time) {
  Stapling world;
  ck_assert(world.stapled() == nullptr);
  const Bytes answer = world.answer();
  world.responder.answers = {answer};
  ck_assert(world.fetcher->is_due() && world.fetcher->ask_next());
  ck_assert(!world.fetcher->ask_next());
  const auto staple = world.stapled();
  ck_assert(staple != nullptr && staple->der == answer);
  ck_assert(staple->status == OcspStatus::good);
  ck_assert(world.files.load(world.targets[0].certificate->fingerprint(), 16384) == staple->der);
  // It lives for an hour: half of it, or up to a tenth less.
  const auto wait = world.fetcher->wake() - world.clock.steady();
  ck_assert(wait <= seconds(1800) && wait >= seconds(1620));
  const StapleNote note = world.table.note(0);
  ck_assert_int_eq(note.until, kTestNow + 3600);
  ck_assert(note.asked == kTestNow && note.again > kTestNow && note.failures == 0);
  ck_assert(world.log.lines().empty());
}
END_TEST

// Everything that may come instead, while a valid one is there and while there is none.
START_TEST(what_is_not_good_is_never_stapled) {
  using Order = OcspOrder;
  Identity stranger = issue({.name = "Stranger", .ca = true});
  struct Case {
    const char* what;
    Order order;
  };
  Stapling world;
  const Case cases[] = {
      {"tryLater", {.response_status = OCSP_RESPONSE_STATUS_TRYLATER}},
      {"unauthorized", {.response_status = OCSP_RESPONSE_STATUS_UNAUTHORIZED}},
      {"malformed", {.response_status = OCSP_RESPONSE_STATUS_MALFORMEDREQUEST}},
      {"internal error", {.response_status = OCSP_RESPONSE_STATUS_INTERNALERROR}},
      {"sigRequired", {.response_status = OCSP_RESPONSE_STATUS_SIGREQUIRED}},
      {"unknown", {.status = V_OCSP_CERTSTATUS_UNKNOWN}},
      {"of another certificate", {.about = &world.other}},
      {"signed by a stranger", {.signer = &stranger}},
      {"signed by another certificate of the issuer", {.signer = &world.other}},
      {"expired", {.this_update = kTestNow - 7200, .next_update = kTestNow - 1}},
      {"over within the skew", {.this_update = kTestNow - 7200, .next_update = kTestNow}},
      {"of the future", {.this_update = kTestNow + 900, .next_update = kTestNow + 7200}},
  };
  for (const bool has_one : {false, true}) {
    for (const Case& each : cases) {
      Stapling fresh;
      Order order = each.order;
      order.issuer = &fresh.root;
      if (order.about == &world.other) order.about = &fresh.other;
      if (order.signer == &world.other) order.signer = &fresh.other;
      const Bytes good = fresh.answer();
      if (has_one) {
        fresh.responder.answers = {good};
        ck_assert(fresh.fetcher->ask_next());
        fresh.clock.advance(seconds(1801));
        order.this_update += 1801;  // in the same relation to now
        if (order.next_update != 0) order.next_update += 1801;
      }
      if (order.about == nullptr) order.about = &fresh.leaf;
      fresh.responder.answers = {ocsp_answer(order)};
      ck_assert_msg(fresh.fetcher->ask_next(), "%s", each.what);
      const auto staple = fresh.stapled();
      ck_assert_msg((staple != nullptr) == has_one, "%s", each.what);
      ck_assert_msg(staple == nullptr || staple->der == good, "%s", each.what);
      ck_assert_uint_eq(fresh.table.counters().refused, 1);
      ck_assert_msg(fresh.lines("TP0860") == 1, "%s", each.what);
      ck_assert_msg(fresh.table.note(0).failures == 1, "%s", each.what);
      ck_assert(fresh.fetcher->wake() > fresh.clock.steady());
    }
  }
}
END_TEST

START_TEST(a_response_is_over_when_it_says_so) {
  Stapling world;
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  StapleCopies copies(world.targets, world.table, world.clock);
  world.clock.advance(seconds(3599));
  ck_assert(copies.of(0) != nullptr);
  world.clock.advance(seconds(1));
  ck_assert(copies.of(0) == nullptr && world.stapled() == nullptr);

  StapleRules rules;
  rules.max_age = seconds(600);
  Stapling aged(rules);
  aged.responder.answers = {aged.answer({.this_update = kTestNow - 100})};
  ck_assert(aged.fetcher->ask_next());
  ck_assert(aged.stapled()->until == aged.clock.wall() + seconds(500));

  Stapling endless;
  endless.responder.answers = {endless.answer({.next_update = 0})};
  ck_assert(endless.fetcher->ask_next());
  ck_assert(endless.stapled()->until == endless.clock.wall() - seconds(60) + kLifeWithoutEnd);
}
END_TEST

START_TEST(it_is_asked_again_as_often_as_is_written) {
  StapleRules rules;
  rules.asked_each = seconds(300);
  Stapling world(rules);
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  ck_assert(world.fetcher->wake() - world.clock.steady() <= seconds(300));
  // The same answer: nothing is new to those who read.
  const std::uint64_t sequence = world.table.sequence(0);
  world.clock.advance(seconds(300));
  ck_assert(world.fetcher->ask_next());
  ck_assert_uint_eq(world.table.sequence(0), sequence);
  ck_assert_uint_eq(world.table.counters().received, 2);
}
END_TEST

START_TEST(a_revocation_is_told_once_and_stapled) {
  Stapling world;
  world.responder.answers = {
      world.answer(
          {.status = V_OCSP_CERTSTATUS_REVOKED, .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE}),
      world.answer({.status = V_OCSP_CERTSTATUS_REVOKED, .this_update = kTestNow})};
  ck_assert(world.fetcher->ask_next());
  ck_assert(world.stapled()->status == OcspStatus::revoked);
  world.clock.advance(seconds(1801));
  ck_assert(world.fetcher->ask_next());
  ck_assert_uint_eq(world.lines("TP0862"), 1);
  ck_assert(world.log.contains("a.test: keyCompromise"));
}
END_TEST

// Machines behind one name are not equally fast, and none of them takes a revocation back.
START_TEST(an_older_answer_does_not_take_the_place_of_a_newer_one) {
  Stapling world;
  world.responder.answers = {world.answer({.status = V_OCSP_CERTSTATUS_REVOKED}),
                             world.answer({.this_update = kTestNow - 600})};
  ck_assert(world.fetcher->ask_next());
  StapleCopies copies(world.targets, world.table, world.clock);
  ck_assert(copies.of(0)->status == OcspStatus::revoked);
  world.clock.advance(seconds(1801));
  ck_assert(world.fetcher->ask_next());
  ck_assert(copies.of(0)->status == OcspStatus::revoked);
  // Nor does one that somebody writes into the table.
  world.table.publish(0, world.targets[0].certificate->fingerprint(),
                      world.answer({.this_update = kTestNow - 600}));
  ck_assert(copies.of(0)->status == OcspStatus::revoked);
}
END_TEST

START_TEST(what_was_stored_is_stapled_while_the_responder_is_down) {
  Stapling world;
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  std::ranges::fill(world.memory.bytes(), Byte{0});  // a new start
  world.responder.answers.clear();
  world.begin();
  ck_assert(world.stapled() != nullptr);
  ck_assert_msg(!world.fetcher->is_due(), "there is time");
  // What is on disk is held against the certificate, too.
  std::ranges::fill(world.memory.bytes(), Byte{0});
  for (const Bytes& junk : {Bytes(300, 'x'), world.answer({.about = &world.other})}) {
    ck_assert(static_cast<bool>(
        world.files.store(world.targets[0].certificate->fingerprint(), junk, world.clock.wall())));
    world.begin();
    ck_assert(world.stapled() == nullptr && world.fetcher->is_due());
  }
}
END_TEST

START_TEST(a_successor_goes_on_from_there) {
  Stapling world;
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  const Instant due = world.fetcher->wake();
  world.clock.advance(seconds(1200));
  world.begin();
  ck_assert_msg(world.fetcher->wake() == due, "not put off by each that takes over");
  world.clock.advance(seconds(5000));
  world.responder.answers.clear();
  world.begin();
  for (int i = 0; i < 4; ++i) {
    ck_assert(world.fetcher->ask_next());
    world.clock.advance(
        seconds(world.table.note(0).again - world.clock.wall().time_since_epoch().count()));
  }
  ck_assert_uint_eq(world.table.note(0).failures, 4);
  ck_assert(world.fetcher->ask_next());
  world.begin();
  ck_assert_msg(!world.fetcher->is_due(), "nor is a responder that is down asked at once");
}
END_TEST

START_TEST(what_is_written_over_is_put_back) {
  Stapling world;
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  StapleCopies copies(world.targets, world.table, world.clock);
  ck_assert(copies.of(0) != nullptr);
  Scribbler scribbler(world.memory.bytes(), 3);
  for (int turn = 0; turn < 20; ++turn) {
    scribbler.write(0, scribbler.words());
    ck_assert_msg(copies.of(0) != nullptr, "what was checked before goes on");
    world.fetcher->mend();
    ck_assert_msg(world.stapled() != nullptr, "from the disk");
    ck_assert(copies.of(0) != nullptr);
  }
  scribbler.write(0, scribbler.words());
  std::filesystem::remove_all(world.folder.path("staples"));
  world.fetcher->mend();
  ck_assert_msg(world.fetcher->is_due(), "or from the responder");
  ck_assert(world.fetcher->ask_next());
  ck_assert(world.stapled() != nullptr);
  ck_assert_msg(world.lines("TP0866") == 1, "whose answer cannot be stored");
}
END_TEST

START_TEST(what_the_disk_does_not_take_is_written_when_it_does) {
  Stapling world;
  const Fingerprint& about = world.targets[0].certificate->fingerprint();
  const std::string in_its_place =
      world.folder.path(text("staples/", tlsplus::hex(about), ".ocsp"));
  const auto kept = [&] { return world.files.load(about, 16384); };
  ck_assert(std::filesystem::create_directory(in_its_place));
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  const auto staple = world.stapled();
  ck_assert(staple != nullptr && !kept());
  for (int minute = 0; minute < 3; ++minute) {
    world.clock.advance(seconds(60));
    world.fetcher->mend();
    ck_assert(world.stapled() != nullptr && !kept());
  }
  ck_assert_msg(world.lines("TP0866") == 1, "told once");
  ck_assert(std::filesystem::remove(in_its_place));
  world.clock.advance(seconds(59));
  world.fetcher->mend();
  ck_assert_msg(!kept(), "not tried all the time");
  world.clock.advance(seconds(1));
  world.fetcher->mend();
  ck_assert_msg(kept() == staple->der, "the same response, and nobody was asked for it");
  ck_assert_uint_eq(world.responder.asked, 1);
  // And from then on it is news again.
  std::filesystem::remove_all(world.folder.path("staples"));
  world.responder.answers = {
      world.answer({.this_update = kTestNow + 9, .next_update = kTestNow + 9000})};
  world.clock.advance(seconds(3000));
  ck_assert(world.fetcher->ask_next());
  ck_assert(world.lines("TP0866") == 2);
}
END_TEST

START_TEST(who_takes_over_writes_what_is_not_on_disk) {
  Stapling world;
  const Fingerprint& about = world.targets[0].certificate->fingerprint();
  const std::string path = world.folder.path(text("staples/", tlsplus::hex(about), ".ocsp"));
  const auto kept = [&] { return world.files.load(about, 16384); };
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  const auto staple = world.stapled();
  ck_assert(staple != nullptr && kept() == staple->der);
  for (const bool is_there : {false, true}) {
    if (is_there) {
      std::ofstream(path, std::ios::trunc) << "of another time";
    } else {
      std::filesystem::remove(path);
    }
    world.begin();
    world.fetcher->mend();
    ck_assert(kept() == staple->der);
  }
  // Where it cannot, that is told by each process once.
  std::filesystem::remove_all(world.folder.path("staples"));
  world.begin();
  for (int turn = 0; turn < 3; ++turn) {
    world.fetcher->mend();
    world.clock.advance(seconds(60));
  }
  ck_assert(world.stapled() != nullptr && world.lines("TP0866") == 1);
  ck_assert_uint_eq(world.responder.asked, 1);
}
END_TEST

START_TEST(a_clock_that_was_set_is_noticed) {
  Stapling world;
  world.responder.answers = {world.answer(), world.answer({.this_update = kTestNow + 9000,
                                                           .next_update = kTestNow + 99000})};
  ck_assert(world.fetcher->ask_next());
  ck_assert(!world.fetcher->is_due());
  world.clock.set_wall(world.clock.wall() + seconds(9500));
  world.fetcher->mend();
  ck_assert(world.fetcher->is_due() && world.fetcher->ask_next());
  ck_assert(world.stapled() != nullptr);
}
END_TEST

// A child of which many want one at once, as a busy server's that has just begun.
START_TEST(whoever_comes_first_is_stapled_to) {
  Stapling world;
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  constexpr int kThreads = 8;
  for (int turn = 0; turn < 300; ++turn) {
    StapleCopies copies(world.targets, world.table, world.clock);
    std::atomic<int> ready{0};
    std::atomic<int> without{0};
    std::vector<std::thread> clients;
    clients.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      clients.emplace_back([&] {
        ++ready;
        while (ready != kThreads) std::this_thread::yield();
        if (copies.of(0) == nullptr) ++without;
      });
    }
    for (std::thread& client : clients) client.join();
    ck_assert_int_eq(without, 0);
  }
}
END_TEST

START_TEST(a_child_that_began_with_a_wrong_clock_looks_again) {
  Stapling world;
  world.responder.answers = {world.answer()};
  ck_assert(world.fetcher->ask_next());
  const WallTime right = world.clock.wall();
  for (const auto off : {hours(24), -hours(24)}) {
    world.clock.set_wall(right + off);
    StapleCopies copies(world.targets, world.table, world.clock);
    ck_assert(copies.of(0) == nullptr);
    world.clock.set_wall(right);
    ck_assert_msg(copies.of(0) == nullptr, "what comes to nothing is not judged each time");
    world.clock.advance(seconds(10));
    ck_assert(copies.of(0) != nullptr);
    world.clock.set_wall(right);
  }
}
END_TEST

// One certificate that the responder does not know, beside one that it does.
START_TEST(a_responder_that_fails_for_some_does_not_work_again) {
  Stapling world;
  world.targets[1].urls = world.targets[0].urls;
  world.targets[0].rules.asked_each = world.targets[1].rules.asked_each = seconds(1);
  world.begin();
  const Bytes good = world.answer();
  const Bytes unauthorized = world.answer({.response_status = OCSP_RESPONSE_STATUS_UNAUTHORIZED});
  world.responder.of = {{world.targets[0].certificate->fingerprint(), good}};
  for (int i = 0; i < 40; ++i) {
    world.responder.answers = {unauthorized};
    ck_assert(world.fetcher->ask_next());
    world.clock.advance(std::chrono::ceil<seconds>(world.fetcher->wake() - world.clock.steady()));
  }
  ck_assert_uint_eq(world.lines("TP0860"), 1);
  ck_assert_uint_eq(world.lines("TP0861"), 0);
  world.responder.answers = {world.answer({.about = &world.other})};
  while (world.lines("TP0861") == 0) {
    ck_assert(world.fetcher->ask_next());
    world.clock.advance(std::chrono::ceil<seconds>(world.fetcher->wake() - world.clock.steady()));
  }
  ck_assert_uint_eq(world.lines("TP0861"), 1);
}
END_TEST

START_TEST(a_responder_that_is_down_is_told_now_and_then) {
  Stapling world;
  for (int i = 0; i < 12; ++i) {
    ck_assert(world.fetcher->ask_next());
    world.clock.advance(std::chrono::ceil<seconds>(world.fetcher->wake() - world.clock.steady()));
  }
  const std::size_t told = world.lines("TP0860");
  ck_assert_msg(told >= 3 && told <= 8, "%d lines", static_cast<int>(told));
  expect_part(world.log.lines().front().text, "http://ocsp.test/: nobody listens");
  expect_part(world.log.lines().front().text, "nothing is stapled");
  ck_assert(world.log.contains("came to nothing since"));
  world.responder.answers = {
      world.answer({.this_update = world.clock.wall().time_since_epoch().count() - 1,
                    .next_update = world.clock.wall().time_since_epoch().count() + 3600})};
  ck_assert(world.fetcher->ask_next());
  ck_assert_uint_eq(world.lines("TP0861"), 1);
  ck_assert_uint_eq(world.table.counters().failed, 12);
}
END_TEST

// With threads, and a responder that hangs: the others go on, and stopping waits for them alone.
START_TEST(threads_ask_while_one_responder_hangs) {
  Stapling world;
  const SystemClock now;
  world.targets[1].urls = {"http://other.test/"};
  world.responder.hangs = true;
  const auto make = [&] {
    return std::make_unique<StapleFetcher>(world.targets,
                                           StapleFetcher::Place{world.table, world.files},
                                           world.responder, now, world.log, 1);
  };
  const auto lock = RecordLock::make("tlsplus-test");
  ck_assert(static_cast<bool>(lock));
  StapleThreads threads(make, *lock, world.log, [] { return false; });
  threads.start();
  wait_until([&] { return world.responder.asked == 2; });
  world.responder.release();
  wait_until([&] { return world.table.counters().failed == 2; });
  threads.stop();
  ck_assert(lock->take());
}
END_TEST

START_TEST(threads_without_the_lock_or_in_a_leaving_process_ask_nobody) {
  Stapling world;
  const auto lock = RecordLock::make("tlsplus-test");
  std::atomic<unsigned> looks{0};
  bool is_made = false;
  const auto make = [&]() -> std::unique_ptr<StapleFetcher> {
    is_made = true;
    return nullptr;
  };
  StapleThreads threads(make, *lock, world.log, [&] { return ++looks > 0; });
  threads.start();
  wait_until([&] { return looks > 0; });
  threads.stop();
  ck_assert(!is_made && lock->take());
}
END_TEST

Suite* staple_fetcher_suite() {
  Suite* suite = suite_create("staple_fetcher");
  TCase* tests = tcase_create("fetcher");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, a_good_answer_is_stapled_kept_and_asked_for_again_in_time);
  tcase_add_test(tests, what_is_not_good_is_never_stapled);
  tcase_add_test(tests, a_response_is_over_when_it_says_so);
  tcase_add_test(tests, it_is_asked_again_as_often_as_is_written);
  tcase_add_test(tests, a_revocation_is_told_once_and_stapled);
  tcase_add_test(tests, an_older_answer_does_not_take_the_place_of_a_newer_one);
  tcase_add_test(tests, what_was_stored_is_stapled_while_the_responder_is_down);
  tcase_add_test(tests, a_successor_goes_on_from_there);
  tcase_add_test(tests, what_is_written_over_is_put_back);
  tcase_add_test(tests, what_the_disk_does_not_take_is_written_when_it_does);
  tcase_add_test(tests, who_takes_over_writes_what_is_not_on_disk);
  tcase_add_test(tests, a_clock_that_was_set_is_noticed);
  tcase_add_test(tests, whoever_comes_first_is_stapled_to);
  tcase_add_test(tests, a_child_that_began_with_a_wrong_clock_looks_again);
  tcase_add_test(tests, a_responder_that_fails_for_some_does_not_work_again);
  tcase_add_test(tests, a_responder_that_is_down_is_told_now_and_then);
  tcase_add_test(tests, threads_ask_while_one_responder_hangs);
  tcase_add_test(tests, threads_without_the_lock_or_in_a_leaving_process_ask_nobody);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(staple_fetcher_suite());
}
