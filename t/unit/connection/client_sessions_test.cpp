// SPDX-License-Identifier: Apache-2.0
//
// Which session is given for a connection to a backend, how often and for how long. The sessions
// are those of real handshakes; their time is set, so that no test waits for it.
#include "ssl_engine/connection/client_sessions.h"

#include <algorithm>
#include <array>
#include <set>
#include <thread>

#include "ssl_engine/openssl/tls/session.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using std::chrono::seconds;

const WallTime kNow = FakeClock().wall();
constexpr int kTimeout = 3600;
const int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

SessionKey key_of(std::string_view name) {
  return client_session_key({}, "192.0.2.1:443", name, {});
}

/// A server, and the sessions that its clients get.
struct Server {
  Identity identity;

  explicit Server(std::time_t end = kTestNow + 365 * kDay)
      : identity(issue({.name = "backend", .end = end})) {}

  [[nodiscard]] Handshake wish(int version) const {
    Handshake wish;
    wish.version = version;
    wish.server = &identity;
    return wish;
  }
  [[nodiscard]] Session session(int version = TLS1_3_VERSION, int timeout = kTimeout) const {
    Session made = TlsPair(wish(version)).session();
    SSL_SESSION_set_time(made.get(), kTestNow);
    SSL_SESSION_set_timeout(made.get(), timeout);
    return made;
  }
  [[nodiscard]] bool resumes(SSL_SESSION& session, int version) const {
    SSL_SESSION_set_time(&session, std::time(nullptr));
    Handshake again = wish(version);
    again.resume = &session;
    const TlsPair pair(again);
    return SSL_session_reused(pair.client.get()) == 1;
  }
};

Session copy_of(SSL_SESSION& session) {
  return Session(SSL_SESSION_dup(&session));
}

START_TEST(everything_that_matters_is_in_the_key) {
  const Fingerprint one{1};
  const Fingerprint two{2};
  const std::vector<std::string> h2 = {"h2", "http/1.1"};
  const std::vector<std::string> http = {"http/1.1", "h2"};
  const std::vector<SessionKey> keys = {
      client_session_key(one, "192.0.2.1:443", "a.test", h2),
      client_session_key(two, "192.0.2.1:443", "a.test", h2),
      client_session_key(one, "192.0.2.1:444", "a.test", h2),
      client_session_key(one, "192.0.2.1:443", "b.test", h2),
      client_session_key(one, "192.0.2.1:443", "a.test", http),
      client_session_key(one, "192.0.2.1:443", "a.test", {}),
      client_session_key(one, "192.0.2.1:443", "", h2),
      client_session_key(one, "192.0.2.1:443a.test", "", h2),
      client_session_key(one, "192.0.2.1:44", "3a.test", h2),
      client_session_key(one, "192.0.2.1:443", "a.test2:h2", std::span(h2).subspan(1)),
  };
  ck_assert_uint_eq(std::set<SessionKey>(keys.begin(), keys.end()).size(), keys.size());
  ck_assert(keys[0] == client_session_key(one, "192.0.2.1:443", "a.test", h2));
}
END_TEST

START_TEST(what_is_given_resumes) {
  const int version = kVersions[_i];
  const Server server;
  ClientSessions sessions;
  sessions.keep(key_of("a"), server.session(version), kNow);
  ck_assert_ptr_null(sessions.take(key_of("b"), kNow).get());
  const Session taken = sessions.take(key_of("a"), kNow);
  ck_assert_ptr_nonnull(taken.get());
  ck_assert(server.resumes(*taken, version));
}
END_TEST

START_TEST(of_tls_1_3_each_is_given_once_the_newest_first) {
  const Server server;
  ClientSessions sessions;
  Session first = server.session();
  Session second = copy_of(*first);
  const SSL_SESSION* const older = first.get();
  const SSL_SESSION* const newer = second.get();
  sessions.keep(key_of("a"), std::move(first), kNow);
  sessions.keep(key_of("a"), std::move(second), kNow);
  const Session taken = sessions.take(key_of("a"), kNow);
  ck_assert_ptr_eq(taken.get(), newer);
  const Session next = sessions.take(key_of("a"), kNow);
  ck_assert_ptr_eq(next.get(), older);
  ck_assert_ptr_null(sessions.take(key_of("a"), kNow).get());
  ck_assert_uint_eq(sessions.count(), 0);
}
END_TEST

START_TEST(of_tls_1_2_the_newest_is_given_again_and_again) {
  const Server server;
  ClientSessions sessions;
  sessions.keep(key_of("a"), server.session(TLS1_2_VERSION), kNow);
  Session newer = server.session(TLS1_2_VERSION);
  const SSL_SESSION* const expected = newer.get();
  sessions.keep(key_of("a"), std::move(newer), kNow);
  for (int i = 0; i < 3; ++i) {
    const Session taken = sessions.take(key_of("a"), kNow);
    ck_assert_ptr_eq(taken.get(), expected);
  }
}
END_TEST

START_TEST(another_version_replaces_what_there_was) {
  const Server server;
  const int other = kVersions[1 - _i];
  ClientSessions sessions;
  sessions.keep(key_of("a"), server.session(kVersions[_i]), kNow);
  sessions.keep(key_of("a"), server.session(other), kNow);
  Session taken = sessions.take(key_of("a"), kNow);
  ck_assert_int_eq(SSL_SESSION_get_protocol_version(taken.get()), other);
  taken = sessions.take(key_of("a"), kNow);
  ck_assert(taken == nullptr || SSL_SESSION_get_protocol_version(taken.get()) == other);
}
END_TEST

START_TEST(so_many_are_kept_for_one_key) {
  const Server server;
  ClientSessions sessions;
  Session session = server.session();
  std::vector<const SSL_SESSION*> kept;
  std::vector<Session> held;  // so that no address comes twice
  for (std::size_t i = 0; i < limits::kSessionsOfOneBackend + 2; ++i) {
    Session copy = copy_of(*session);
    kept.push_back(copy.get());
    held.push_back(share(*copy));
    sessions.keep(key_of("a"), std::move(copy), kNow);
  }
  for (std::size_t i = 0; i < limits::kSessionsOfOneBackend; ++i) {
    const Session taken = sessions.take(key_of("a"), kNow);
    ck_assert_ptr_eq(taken.get(), kept[kept.size() - 1 - i]);
  }
  ck_assert_ptr_null(sessions.take(key_of("a"), kNow).get());
}
END_TEST

START_TEST(the_key_that_was_longest_not_used_goes) {
  const Server server;
  ClientSessions sessions(3);
  const Session session = server.session(TLS1_2_VERSION);
  for (const char* name : {"a", "b", "c"}) sessions.keep(key_of(name), share(*session), kNow);
  ck_assert_ptr_nonnull(sessions.take(key_of("a"), kNow).get());  // used
  sessions.keep(key_of("b"), share(*session), kNow);              // used, too
  sessions.keep(key_of("d"), share(*session), kNow);
  ck_assert_uint_eq(sessions.count(), 3);
  ck_assert_ptr_null(sessions.take(key_of("c"), kNow).get());
  for (const char* name : {"a", "b", "d"}) {
    ck_assert_msg(sessions.take(key_of(name), kNow) != nullptr, "%s", name);
  }
}
END_TEST

START_TEST(as_many_keys_as_the_limit_says) {
  const Server server;
  ClientSessions sessions;
  const Session session = server.session(TLS1_2_VERSION);
  for (std::size_t i = 0; i < limits::kBackendsWithSessions + 10; ++i) {
    sessions.keep(key_of(std::to_string(i)), share(*session), kNow);
  }
  ck_assert_uint_eq(sessions.count(), limits::kBackendsWithSessions);
}
END_TEST

const struct {
  int version;
  int timeout;
  std::time_t certificate_end;
  std::time_t good_for;
} kEnds[] = {
    {TLS1_2_VERSION, 600, 365 * kDay, 600},
    {TLS1_3_VERSION, 600, 365 * kDay, 600},
    {TLS1_2_VERSION, 600, 60, 60},
    {TLS1_3_VERSION, 600, 60, 60},
    // OpenSSL's servers give tickets for two hours.
    {TLS1_2_VERSION, 100000, 365 * kDay, 7200},
    {TLS1_3_VERSION, 100000, 365 * kDay, 7200},
};

START_TEST(none_is_given_after_its_end) {
  const auto& row = kEnds[_i];
  const Server server(kTestNow + row.certificate_end);
  ClientSessions sessions;
  const auto keep = [&] {
    sessions.keep(key_of("a"), server.session(row.version, row.timeout), kNow);
  };
  keep();
  ck_assert_ptr_nonnull(sessions.take(key_of("a"), kNow + seconds(row.good_for - 1)).get());
  sessions.forget(key_of("a"));
  keep();
  ck_assert_ptr_null(sessions.take(key_of("a"), kNow + seconds(row.good_for)).get());
  ck_assert_uint_eq(sessions.count(), 0);
  sessions.keep(key_of("a"), server.session(row.version, row.timeout),
                kNow + seconds(row.good_for));
  ck_assert_uint_eq(sessions.count(), 0);
}
END_TEST

START_TEST(an_expired_one_does_not_hide_a_good_one) {
  const Server server;
  ClientSessions sessions;
  Session good = server.session(TLS1_3_VERSION, 600);
  const SSL_SESSION* const expected = good.get();
  sessions.keep(key_of("a"), std::move(good), kNow);
  sessions.keep(key_of("a"), server.session(TLS1_3_VERSION, 60), kNow);
  const Session taken = sessions.take(key_of("a"), kNow + seconds(100));
  ck_assert_ptr_eq(taken.get(), expected);
}
END_TEST

START_TEST(what_cannot_be_resumed_is_not_given) {
  const int version = kVersions[_i];
  const Server server;
  ClientSessions sessions;
  sessions.keep(key_of("a"), nullptr, kNow);
  sessions.keep(key_of("a"), Session(SSL_SESSION_new()), kNow);  // neither id nor ticket
  ck_assert_uint_eq(sessions.count(), 0);
  // Its connection fails later.
  const SslCtx context(SSL_CTX_new(TLS_client_method()));
  const Session session = server.session(version);
  sessions.keep(key_of("a"), share(*session), kNow);
  SSL_CTX_add_session(context.get(), session.get());
  SSL_CTX_remove_session(context.get(), session.get());
  ck_assert_ptr_null(sessions.take(key_of("a"), kNow).get());
  ck_assert_uint_eq(sessions.count(), 0);
}
END_TEST

START_TEST(what_is_forgotten_is_gone) {
  const Server server;
  ClientSessions sessions;
  for (const char* name : {"a", "a", "b"}) sessions.keep(key_of(name), server.session(), kNow);
  sessions.forget(key_of("a"));
  sessions.forget(key_of("c"));
  ck_assert_ptr_null(sessions.take(key_of("a"), kNow).get());
  ck_assert_ptr_nonnull(sessions.take(key_of("b"), kNow).get());
}
END_TEST

START_TEST(threads_get_no_single_one_twice) {
  constexpr int kThreads = 8;
  constexpr int kTurns = 500;
  const Server server;
  const Session session = server.session();
  ClientSessions sessions(5);  // fewer than keys, so that some go all the time
  std::array<std::vector<Session>, kThreads> taken;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      for (int turn = 0; turn < kTurns; ++turn) {
        const SessionKey key = key_of(std::to_string((turn + number) % 7));
        sessions.keep(key, copy_of(*session), kNow);
        if (turn % 50 == 0) sessions.forget(key);
        Session got = sessions.take(key_of(std::to_string((turn * 3 + number) % 7)), kNow);
        // Held on to, so that no address is used again.
        if (got != nullptr) taken[number].push_back(std::move(got));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<const SSL_SESSION*> distinct;
  std::size_t count = 0;
  for (const auto& of_thread : taken) {
    for (const Session& got : of_thread) {
      distinct.insert(got.get());
      ++count;
    }
  }
  ck_assert_uint_gt(count, kTurns);
  ck_assert_uint_eq(distinct.size(), count);
  ck_assert_uint_le(sessions.count(), 5);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("client_sessions");
  TCase* tests = tcase_create("client_sessions");
  tcase_add_test(tests, everything_that_matters_is_in_the_key);
  tcase_add_loop_test(tests, what_is_given_resumes, 0, std::size(kVersions));
  tcase_add_test(tests, of_tls_1_3_each_is_given_once_the_newest_first);
  tcase_add_test(tests, of_tls_1_2_the_newest_is_given_again_and_again);
  tcase_add_loop_test(tests, another_version_replaces_what_there_was, 0, std::size(kVersions));
  tcase_add_test(tests, so_many_are_kept_for_one_key);
  tcase_add_test(tests, the_key_that_was_longest_not_used_goes);
  tcase_add_test(tests, as_many_keys_as_the_limit_says);
  tcase_add_loop_test(tests, none_is_given_after_its_end, 0, std::size(kEnds));
  tcase_add_test(tests, an_expired_one_does_not_hide_a_good_one);
  tcase_add_loop_test(tests, what_cannot_be_resumed_is_not_given, 0, std::size(kVersions));
  tcase_add_test(tests, what_is_forgotten_is_gone);
  tcase_add_test(tests, threads_get_no_single_one_twice);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
