// SPDX-License-Identifier: Apache-2.0
//
// Clients that come again, in whole connections in memory: whose session is taken, whose is not and
// why, and which are forgotten.
#include "ssl_engine/connection/resumption.h"

#include "ssl_engine/base/text.h"
#include "t/unit/connection_pair.h"
#include "t/unit/map_cache.h"

namespace tlsplus::test {
namespace {

/// Visits the server again and again with what it was given.
struct Visitor : Setup {
  Visitor() {
    start();
    keep_sessions({nullptr, &key});
  }
  Session visit(const char* name, int version, SSL_SESSION* session = nullptr) {
    client = Client([&](SSL_CTX& context) {
      SSL_CTX_set_min_proto_version(&context, version);
      SSL_CTX_set_max_proto_version(&context, version);
    });
    connect();
    SSL_set_tlsext_host_name(client.ssl.get(), name);
    if (session != nullptr) SSL_set_session(client.ssl.get(), session);
    talk();
    ck_assert(server->phase() == Phase::established);
    (void)client.read();
    SSL_set_shutdown(client.ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return Session(SSL_get1_session(client.ssl.get()));
  }
  /// full resumed other-host expired damaged unknown-key
  std::string counted() {
    const TicketCounters& counters = key.counters();
    return text(counters.full.load(), ' ', counters.resumed.load(), ' ', counters.other_host.load(),
                ' ', counters.expired.load(), ' ', counters.damaged.load(), ' ',
                counters.unknown_key.load());
  }

  OneKey key;
};

START_TEST(handshakes_are_counted_by_what_came_of_them) {
  const int version = _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  Visitor visitor;
  const Session session = visitor.visit("a.test", version);
  expect_text(visitor.counted(), "1 0 0 0 0 0");
  (void)visitor.visit("a.test", version, session.get());
  expect_text(visitor.counted(), "1 1 0 0 0 0");
  (void)visitor.visit("b.test", version, session.get());
  expect_text(visitor.counted(), "2 1 1 0 0 0");
  visitor.key.change(true);
  (void)visitor.visit("a.test", version, session.get());
  expect_text(visitor.counted(), "3 1 1 0 1 0");
  visitor.key.change(false);
  (void)visitor.visit("a.test", version, session.get());
  expect_text(visitor.counted(), "4 1 1 0 1 1");
}
END_TEST

START_TEST(each_host_has_its_sessions_where_the_engine_says) {
  const int version = _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  Visitor visitor;
  OneKey other;
  visitor.engine.sessions[2] = {nullptr, &other};
  (void)visitor.visit("b.test", version);
  expect_text(visitor.counted(), "0 0 0 0 0 0");
  ck_assert_uint_eq(other.counters().full, 1);
  ck_assert_uint_ge(other.counters().issued, 1);
  (void)visitor.visit("a.test", version);
  expect_text(visitor.counted(), "1 0 0 0 0 0");
  ck_assert_uint_eq(other.counters().full, 1);
}
END_TEST

START_TEST(a_host_without_a_place_for_sessions_resumes_none) {
  const int version = _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  Visitor visitor;
  visitor.keep_sessions({});
  const Session session = visitor.visit("a.test", version);
  (void)visitor.visit("a.test", version, session.get());
  ck_assert_int_eq(SSL_session_reused(visitor.client.ssl.get()), 0);
  // Nor is anything counted, or looked for, where another host has it.
  expect_text(visitor.counted(), "0 0 0 0 0 0");
  ck_assert_uint_eq(visitor.key.counters().issued, 0);
}
END_TEST

/// A visitor without tickets, on a server that keeps sessions.
struct Regular : Visitor {
  Regular() {
    world.site.last().session_tickets = {false, world.site.place("SSLSessionTickets")};
    world.contexts = ContextFactory(SessionStore::external);
    start();
    keep_sessions({&cache, &key});
  }
  MapCache cache;
};

enum class End : std::uint8_t { goodbye, alert_of_client, alert_of_server };

void end_with(Regular& regular, End end) {
  SSL_set_shutdown(regular.client.ssl.get(), 0);
  switch (end) {
    case End::goodbye:
      SSL_shutdown(regular.client.ssl.get());
      break;
    case End::alert_of_client: {
      // A record that the client cannot open.
      ck_assert(regular.server->encrypt(as_bytes("spoiled"), 100) == StreamStatus::done);
      Bytes record(regular.server->out().view().begin(), regular.server->out().view().end());
      record.back() ^= 1;
      BIO_write(regular.client.in, record.data(), static_cast<int>(record.size()));
      (void)regular.client.read();
      break;
    }
    case End::alert_of_server:
      SSL_write(regular.client.ssl.get(), "spoiled", 7);
      break;
  }
  Bytes sent = regular.client.take();
  ck_assert(!sent.empty());
  if (end == End::alert_of_server) sent.back() ^= 1;
  regular.server->feed(sent);
  Byte into[100];
  std::size_t count = 0;
  (void)regular.server->decrypt(into, count);
}

const struct {
  End end;
  bool is_kept;
} kEnds[] = {{End::goodbye, true}, {End::alert_of_client, false}, {End::alert_of_server, false}};

START_TEST(a_fatal_alert_ends_the_session) {
  const int version = _i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  const auto& row = kEnds[_i / 2];
  Regular regular;
  (void)regular.visit("b.test", version);
  end_with(regular, row.end);
  ck_assert_msg(regular.cache.entries.empty() != row.is_kept, "row %d, the first connection", _i);

  // Nor is one kept that was resumed, whatever came of it.
  regular.cache.entries.clear();
  const Session session = regular.visit("b.test", version);
  ck_assert_uint_eq(regular.cache.entries.size(), 1);
  (void)regular.visit("b.test", version, session.get());
  ck_assert_int_eq(SSL_session_reused(regular.client.ssl.get()), 1);
  end_with(regular, row.end);
  ck_assert_msg(regular.cache.entries.empty() != row.is_kept, "row %d, resumed", _i);
}
END_TEST

START_TEST(who_only_knows_an_id_ends_nothing) {
  Regular regular;
  const Session session = regular.visit("b.test", TLS1_2_VERSION);
  regular.client = Client();
  SSL_set_max_proto_version(regular.client.ssl.get(), TLS1_2_VERSION);
  SSL_set_tlsext_host_name(regular.client.ssl.get(), "b.test");
  SSL_set_session(regular.client.ssl.get(), session.get());
  regular.connect();
  (void)SSL_do_handshake(regular.client.ssl.get());
  const Bytes hello = regular.client.take();
  regular.server->feed(hello);
  (void)regular.server->advance();
  const Byte alert[] = {21, 3, 3, 0, 2, 2, 40};
  regular.server->feed(alert);
  (void)regular.server->advance();
  ck_assert(regular.server->phase() == Phase::failed);
  ck_assert_uint_eq(regular.cache.entries.size(), 1);
}
END_TEST

Suite* resumption_suite() {
  Suite* suite = suite_create("resumption");
  TCase* tests = tcase_create("in memory");
  tcase_add_loop_test(tests, handshakes_are_counted_by_what_came_of_them, 0, 2);
  tcase_add_loop_test(tests, each_host_has_its_sessions_where_the_engine_says, 0, 2);
  tcase_add_loop_test(tests, a_host_without_a_place_for_sessions_resumes_none, 0, 2);
  tcase_add_loop_test(tests, a_fatal_alert_ends_the_session, 0, 2 * std::size(kEnds));
  tcase_add_test(tests, who_only_knows_an_id_ends_nothing);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::resumption_suite());
}
