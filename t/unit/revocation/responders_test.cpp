// SPDX-License-Identifier: Apache-2.0
//
// Who is asked about a client's certificate, how often, what is remembered of it and how long; with
// responders that are a function here, and a clock that moves when it is told to.
#include "ssl_engine/revocation/responders.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <deque>

#include "ssl_engine/base/deadline.h"
#include "ssl_engine/base/text.h"
#include "t/unit/ocsp_answers.h"
#include "t/unit/shared_memory.h"

namespace {

using namespace tlsplus;  // NOLINT(*-build-using-namespace)
using namespace std::chrono_literals;
using test::expect_part;
using test::expect_text;
using test::Identity;
using test::OcspOrder;

Instant soon() {
  return std::chrono::steady_clock::now() + 20s;
}

/// What a test's responders are asked, and how they answer.
struct Asked {
  std::string url;
  bool may_be_private = false;
};

struct World {
  Identity root = test::issue({.name = "Root", .ca = true});
  Identity client = test::issue({.name = "client", .issuer = &root});
  Identity with_url = named("OCSP;URI:http://a.test/one,OCSP;URI:http://b.test/two");
  Identity with_ldap = named("OCSP;URI:ldap://a.test/");
  test::FakeClock clock;
  test::MemoryLog log;
  test::SharedMemory octets{OcspMemory::kAnswerBytes};
  std::unique_ptr<ShmCache> cache = *ShmCache::create(octets.bytes(), clock);
  ShmCache& answers = *cache;
  std::unique_ptr<OcspMemory::Shared> shared = fresh();
  OcspMemory memory{*shared, answers, clock};
  ClientOcsp how;
  OcspOrder order{.issuer = &root, .next_update = test::kTestNow + 36000};
  std::function<Result<Bytes>(const std::string& url)> answer;
  std::mutex mutex;
  std::deque<Asked> asked;
  Responders responders{memory, clock, log,
                        [this](const HttpUrl& url, ByteView, const AskLimits& limits, Instant) {
                          return note(url, limits);
                        }};

  World() {
    how.default_responder = *parse_web_url("http://default.test/");
    how.rules.default_responder = "http://default.test/";
    how.rules.nonce = false;
    how.rules.check.which = OcspSetting::Which::chain;
  }

  static std::unique_ptr<OcspMemory::Shared> fresh() {
    auto made = std::make_unique<OcspMemory::Shared>();
    std::memset(static_cast<void*>(made.get()), 0, sizeof *made);
    return made;
  }
  [[nodiscard]] Identity named(const char* where) const {
    return test::issue(
        {.name = "named", .issuer = &root, .extensions = {{NID_info_access, where}}});
  }
  Result<Bytes> note(const HttpUrl& url, const AskLimits& limits) {
    const std::string shown = text("http://", text_of(url.at), url.path);
    {
      const std::scoped_lock lock(mutex);
      asked.push_back({shown, limits.allow_private_addresses});
    }
    if (answer) return answer(shown);
    OcspOrder now = order;
    if (now.about == nullptr) now.about = &client;
    return test::ocsp_answer(now);
  }
  OcspFinding check(const Identity& about) {
    order.about = &about;
    return responders.check(*about.certificate, *root.certificate, how, soon());
  }
  bool is_known(const Identity& about) {
    return responders.is_known_good(*about.certificate, *root.certificate, how);
  }
  [[nodiscard]] std::uint64_t count(std::atomic<std::uint64_t> OcspCounters::*counter) const {
    return (memory.counters().*counter).load();
  }
};

START_TEST(an_answer_is_asked_for_once_while_it_is_good) {
  World world;
  ck_assert(!world.is_known(world.client));
  for (int i = 0; i < 3; ++i) ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  ck_assert_uint_eq(world.asked.size(), 1);
  ck_assert(world.is_known(world.client));
  ck_assert_uint_eq(world.count(&OcspCounters::asked), 1);
  ck_assert_uint_eq(world.count(&OcspCounters::remembered), 2);
  ck_assert_uint_eq(world.count(&OcspCounters::good), 3);
  world.clock.advance(299s);
  ck_assert(world.is_known(world.client));
  world.clock.advance(1s);
  ck_assert(!world.is_known(world.client));
  ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  ck_assert_uint_eq(world.asked.size(), 2);
}
END_TEST

START_TEST(no_answer_is_used_beyond_its_end) {
  World world;
  world.how.rules.cache_time = 86400s;
  world.how.rules.skew = 300s;
  world.order.next_update = test::kTestNow + 100;
  ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  world.clock.advance(99s);
  ck_assert(world.is_known(world.client));
  world.clock.advance(1s);
  ck_assert(!world.is_known(world.client));
  // What has no end ends with the setting, and what is too old with that of its age.
  world.how.rules.max_age = 200s;
  world.order.this_update = test::kTestNow + 50;
  world.order.next_update = 0;
  ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  world.clock.advance(150s);  // 200 s after thisUpdate
  ck_assert(world.is_known(world.client));
  world.clock.advance(1s);
  ck_assert(!world.is_known(world.client));
}
END_TEST

START_TEST(without_time_to_keep_it_each_client_is_asked_about) {
  World world;
  world.how.rules.cache_time = 0s;
  for (int i = 0; i < 3; ++i) ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  ck_assert_uint_eq(world.asked.size(), 3);
  ck_assert(!world.is_known(world.client));
}
END_TEST

START_TEST(what_is_not_good_is_told_with_its_reason) {
  World world;
  world.order.status = V_OCSP_CERTSTATUS_REVOKED;
  world.order.reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE;
  const OcspFinding revoked = world.check(world.client);
  ck_assert(revoked.outcome == OcspOutcome::revoked);
  expect_text(revoked.words,
              "the responder says revoked since 2025-12-31 23:59:00 UTC (keyCompromise); asked: "
              "http://default.test:80/");
  expect_text(
      world.check(world.client).words,
      "the responder says revoked since 2025-12-31 23:59:00 UTC (keyCompromise); it was asked "
      "before");
  ck_assert_uint_eq(world.asked.size(), 1);
  ck_assert(!world.is_known(world.client));
  ck_assert_uint_eq(world.count(&OcspCounters::revoked), 2);
}
END_TEST

START_TEST(unknown_is_soon_asked_again) {
  World world;
  world.order.status = V_OCSP_CERTSTATUS_UNKNOWN;
  ck_assert(world.check(world.client).outcome == OcspOutcome::unknown);
  world.clock.advance(29s);
  ck_assert(world.check(world.client).outcome == OcspOutcome::unknown);
  ck_assert_uint_eq(world.asked.size(), 1);
  world.clock.advance(1s);
  world.order.status = V_OCSP_CERTSTATUS_GOOD;
  ck_assert(world.check(world.client).outcome == OcspOutcome::good);
}
END_TEST

START_TEST(answers_that_are_not_believed_are_not_remembered) {
  World world;
  const Identity stranger = test::issue({.name = "stranger"});
  const struct {
    std::function<void(OcspOrder&)> change;
    OcspOutcome outcome;
    std::string_view words;
  } cases[] = {
      {[&](OcspOrder& order) { order.signer = &stranger; }, OcspOutcome::unusable, "may not"},
      {[](OcspOrder& order) {
         order.next_update = test::kTestNow - 3600;
         order.this_update = test::kTestNow - 7200;
       },
       OcspOutcome::stale, "expired"},
      {[](OcspOrder& order) {
         order.this_update = test::kTestNow + 3600;
         order.next_update = 0;
       },
       OcspOutcome::stale, "not yet valid"},
      {[](OcspOrder& order) { order.response_status = OCSP_RESPONSE_STATUS_TRYLATER; },
       OcspOutcome::unusable, "try later"}};
  for (const auto& row : cases) {
    const OcspOrder before = world.order;
    row.change(world.order);
    for (int i = 0; i < 2; ++i) {
      const OcspFinding found = world.check(world.client);
      ck_assert(found.outcome == row.outcome);
      expect_part(found.words, row.words);
      expect_part(found.words, "http://default.test:80/");
    }
    world.order = before;
  }
  ck_assert_uint_eq(world.asked.size(), 2 * std::size(cases));
  ck_assert_uint_eq(world.count(&OcspCounters::stale), 4);
  ck_assert_uint_eq(world.count(&OcspCounters::unusable), 4);
}
END_TEST

START_TEST(a_nonce_is_required_where_it_is_asked_for) {
  World world;
  world.how.rules.nonce = true;
  const OcspFinding found = world.check(world.client);
  ck_assert(found.outcome == OcspOutcome::unusable);
  expect_part(found.words, "the answer has no nonce");
}
END_TEST

START_TEST(the_settings_say_who_is_asked) {
  World world;
  const auto asked_about = [&](const Identity& about) {
    world.asked.clear();
    (void)world.check(about);
    std::string all;
    for (const Asked& each : world.asked) {
      all += text(all.empty() ? "" : " ", each.url, each.may_be_private ? " (any)" : "");
    }
    return all;
  };
  world.how.rules.cache_time = 0s;
  expect_text(asked_about(world.client), "http://default.test:80/ (any)");
  expect_text(asked_about(world.with_url), "http://a.test:80/one");
  world.how.rules.private_responders = true;
  expect_text(asked_about(world.with_url), "http://a.test:80/one (any)");
  world.how.rules.override_responder = true;
  expect_text(asked_about(world.with_url), "http://default.test:80/ (any)");
  world.how.default_responder.reset();
  world.how.rules.default_responder.clear();
  expect_text(asked_about(world.with_url), "");
  world.how.rules.override_responder = false;
  expect_text(asked_about(world.client), "");
  expect_text(asked_about(world.with_ldap), "");
  // The second where the first gives no answer that is believed.
  world.answer = [&](const std::string& url) -> Result<Bytes> {
    if (url.starts_with("http://a.test")) return Error{.what = "gone"};
    return test::ocsp_answer({.about = &world.with_url, .issuer = &world.root});
  };
  expect_text(asked_about(world.with_url), "http://a.test:80/one (any) http://b.test:80/two (any)");
}
END_TEST

START_TEST(no_more_than_three_of_a_certificate_are_tried) {
  World world;
  const Identity named = world.named(
      "OCSP;URI:http://a.test/,OCSP;URI:http://b.test/,OCSP;URI:http://c.test/,"
      "OCSP;URI:http://d.test/");
  world.answer = [](const std::string&) -> Result<Bytes> { return Error{.what = "gone"}; };
  ck_assert(world.check(named).outcome == OcspOutcome::unreachable);
  ck_assert_uint_eq(world.asked.size(), Responders::kMostTried);
}
END_TEST

START_TEST(nobody_to_ask_is_its_own_outcome) {
  World world;
  world.how.default_responder.reset();
  world.how.rules.default_responder.clear();
  expect_text(world.check(world.client).words, "it names no responder");
  expect_part(world.check(world.with_ldap).words, "other means than HTTP");
  ck_assert(world.check(world.client).outcome == OcspOutcome::no_source);
  ck_assert(!world.is_known(world.client));
  world.how.rules.check.missing_is_fine = true;
  ck_assert(world.is_known(world.client));
  world.how.rules.default_responder = "nonsense";
  expect_part(world.check(world.client).words, "SSLOCSPDefaultResponder cannot be used");
  ck_assert_uint_eq(world.asked.size(), 0);
}
END_TEST

START_TEST(hosts_that_believe_different_things_remember_apart) {
  World world;
  ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  const ClientOcspRules before = world.how.rules;
  const std::function<void(ClientOcspRules&)> changes[] = {
      [](ClientOcspRules& rules) { rules.skew = 1s; },
      [](ClientOcspRules& rules) { rules.max_age = 1000s; },
      [](ClientOcspRules& rules) { rules.nonce = true; },
      [](ClientOcspRules& rules) { rules.no_verify = true; },
      [](ClientOcspRules& rules) { rules.cache_time = 7s; }};
  for (const auto& change : changes) {
    world.how.rules = before;
    change(world.how.rules);
    ck_assert(!world.is_known(world.client));
  }
  world.how.rules = before;
  ck_assert(world.is_known(world.client));
  world.how.default_responder = *parse_web_url("http://another.test/");
  ck_assert(!world.is_known(world.client));
}
END_TEST

START_TEST(many_clients_are_one_question) {
  World world;
  constexpr unsigned kClients = 8;
  world.answer = [&](const std::string&) -> Result<Bytes> {
    test::wait_until([&] { return world.count(&OcspCounters::joined) == kClients - 1; });
    return test::ocsp_answer({.about = &world.client, .issuer = &world.root});
  };
  std::atomic<unsigned> good{0};
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      const OcspFinding found = world.responders.check(*world.client.certificate,
                                                       *world.root.certificate, world.how, soon());
      if (found.outcome == OcspOutcome::good) ++good;
    });
  }
  for (std::thread& client : clients) client.join();
  ck_assert_uint_eq(good, kClients);
  ck_assert_uint_eq(world.asked.size(), 1);
}
END_TEST

START_TEST(who_waits_for_another_waits_no_longer_than_it_may) {
  World world;
  std::atomic<bool> may_end{false};
  world.answer = [&](const std::string&) -> Result<Bytes> {
    test::wait_until([&] { return may_end.load(); });
    return Error{.what = "gone"};
  };
  std::thread first([&] {
    (void)world.responders.check(*world.client.certificate, *world.root.certificate, world.how,
                                 soon());
  });
  test::wait_until([&] { return world.count(&OcspCounters::asked) == 1; });
  const OcspFinding found =
      world.responders.check(*world.client.certificate, *world.root.certificate, world.how,
                             std::chrono::steady_clock::now() + 20ms);
  ck_assert(found.outcome == OcspOutcome::unreachable);
  expect_part(found.words, "in time");
  may_end = true;
  first.join();
}
END_TEST

START_TEST(another_process_with_the_question_is_waited_for) {
  World world;
  Responders another(world.memory, world.clock, world.log,
                     [](const HttpUrl&, ByteView, const AskLimits&, Instant) -> Result<Bytes> {
                       return Error{.what = "asked twice"};
                     });
  std::thread second;
  world.answer = [&](const std::string&) -> Result<Bytes> {
    std::atomic<bool> has_begun{false};
    second = std::thread([&] {
      has_begun = true;
      const OcspFinding found =
          another.check(*world.client.certificate, *world.root.certificate, world.how, soon());
      ck_assert(found.outcome == OcspOutcome::good);
    });
    test::wait_until([&] { return has_begun.load(); });
    return test::ocsp_answer({.about = &world.client, .issuer = &world.root});
  };
  ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  second.join();
  ck_assert_uint_eq(world.count(&OcspCounters::asked), 1);
}
END_TEST

START_TEST(a_process_that_died_with_the_question_is_not_waited_for) {
  World world;
  const Fingerprint key{1};
  const pid_t asker = fork();
  ck_assert_int_ge(asker, 0);
  if (asker == 0) {
    world.memory.begin_asking(key, world.clock.wall() + 60s);
    _exit(world.memory.is_being_asked(key) ? 0 : 1);
  }
  int status = -1;
  ck_assert_int_eq(waitpid(asker, &status, 0), asker);
  ck_assert_int_eq(status, 0);
  ck_assert(!world.memory.is_being_asked(key));
  world.memory.begin_asking(key, world.clock.wall() + 60s);
  ck_assert(world.memory.is_being_asked(key));
  world.memory.end_asking(key);
  ck_assert(!world.memory.is_being_asked(key));
}
END_TEST

START_TEST(a_responder_that_costs_time_and_gives_nothing_is_left_alone) {
  World world;
  bool is_down = true;
  std::chrono::seconds takes = 1s;
  world.answer = [&](const std::string&) -> Result<Bytes> {
    world.clock.advance(takes);
    if (is_down) return Error{.what = "no answer in time"};
    return test::ocsp_answer({.about = &world.client, .issuer = &world.root});
  };
  for (int i = 0; i < 6; ++i) {
    ck_assert(world.check(world.client).outcome == OcspOutcome::unreachable);
  }
  ck_assert_uint_eq(world.asked.size(), 3);
  ck_assert_uint_eq(world.count(&OcspCounters::held_back), 3);
  ck_assert(world.log.contains("TP0907"));
  expect_part(world.check(world.client).words, "left alone");
  world.clock.advance(5s);
  is_down = false;
  ck_assert(world.check(world.client).outcome == OcspOutcome::good);
  ck_assert(world.log.contains("TP0908"));
  // One that fails at once is up, or will be soon.
  World quick;
  quick.answer = [](const std::string&) -> Result<Bytes> { return Error{.what = "refused"}; };
  for (int i = 0; i < 6; ++i) (void)quick.check(quick.client);
  ck_assert_uint_eq(quick.asked.size(), 6);
}
END_TEST

START_TEST(what_lies_in_shared_memory_is_not_believed_blindly) {
  World world;
  const Fingerprint key = sha256(as_bytes("key"));
  world.memory.remember(key, {.status = OcspStatus::revoked,
                              .reason = 1,
                              .revoked_at = world.clock.wall(),
                              .usable_until = world.clock.wall() + 100s});
  ck_assert(world.memory.recall(key)->status == OcspStatus::revoked);
  const Bytes octets = *world.answers.retrieve(key);
  const WallTime later = world.clock.wall() + 100s;
  for (std::size_t size = 0; size < octets.size(); ++size) {
    world.answers.store(key, ByteView(octets).first(size), later);
    ck_assert(!world.memory.recall(key));
  }
  for (std::size_t at = 0; at < octets.size(); ++at) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      Bytes changed = octets;
      changed[at] = static_cast<Byte>(changed[at] ^ change);
      world.answers.store(key, changed, later);
      const auto found = world.memory.recall(key);
      if (!found) continue;
      ck_assert(found->status <= OcspStatus::unknown);
      ck_assert(found->usable_until <= world.clock.wall() + OcspMemory::kLongest);
    }
  }
}
END_TEST

Suite* suite() {
  Suite* made = suite_create("responders");
  TCase* tests = tcase_create("responders");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, an_answer_is_asked_for_once_while_it_is_good);
  tcase_add_test(tests, no_answer_is_used_beyond_its_end);
  tcase_add_test(tests, without_time_to_keep_it_each_client_is_asked_about);
  tcase_add_test(tests, what_is_not_good_is_told_with_its_reason);
  tcase_add_test(tests, unknown_is_soon_asked_again);
  tcase_add_test(tests, answers_that_are_not_believed_are_not_remembered);
  tcase_add_test(tests, a_nonce_is_required_where_it_is_asked_for);
  tcase_add_test(tests, the_settings_say_who_is_asked);
  tcase_add_test(tests, no_more_than_three_of_a_certificate_are_tried);
  tcase_add_test(tests, nobody_to_ask_is_its_own_outcome);
  tcase_add_test(tests, hosts_that_believe_different_things_remember_apart);
  tcase_add_test(tests, many_clients_are_one_question);
  tcase_add_test(tests, who_waits_for_another_waits_no_longer_than_it_may);
  tcase_add_test(tests, another_process_with_the_question_is_waited_for);
  tcase_add_test(tests, a_process_that_died_with_the_question_is_not_waited_for);
  tcase_add_test(tests, a_responder_that_costs_time_and_gives_nothing_is_left_alone);
  tcase_add_test(tests, what_lies_in_shared_memory_is_not_believed_blindly);
  suite_add_tcase(made, tests);
  return made;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
