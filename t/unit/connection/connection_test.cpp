// SPDX-License-Identifier: Apache-2.0
//
// Whole connections in memory: OpenSSL's client on one side, ours on the other, no socket in
// between. What is asserted is what the client saw.
#include "ssl_engine/connection/connection.h"

#include "ssl_engine/base/text.h"
#include "ssl_engine/connection/inbound.h"
#include "ssl_engine/connection/outbound.h"
#include "t/unit/connection_pair.h"

namespace tlsplus::test {
namespace {

START_TEST(the_name_chooses_the_host) {
  static constexpr const char* kNames[] = {"a.test", "b.test", "nobody.test", nullptr};
  static constexpr const char* kShown[] = {"a.test", "b.test", "a.test", "a.test"};
  Setup setup;
  setup.start();
  if (kNames[_i] != nullptr) SSL_set_tlsext_host_name(setup.client.ssl.get(), kNames[_i]);
  setup.talk();
  ck_assert(setup.server->phase() == Phase::established);
  expect_text(setup.client.name_shown(), kShown[_i]);
  ck_assert_int_eq(setup.server->has_server_name(), kNames[_i] != nullptr);
}
END_TEST

START_TEST(any_cut_of_the_stream_will_do) {
  static constexpr std::size_t kSteps[] = {1, 7, 100, 516, 517, 518, 1000};
  Setup setup;
  setup.start();
  SSL_set_tlsext_host_name(setup.client.ssl.get(), "b.test");
  setup.talk(kSteps[_i]);
  ck_assert(setup.server->phase() == Phase::established);
  expect_text(setup.client.name_shown(), "b.test");
}
END_TEST

START_TEST(versions_are_the_hosts_own) {
  Setup setup;
  ProtocolSelection only_12;
  only_12.versions.add(Protocol::tls1_2);
  setup.world.site.last().protocol = {only_12, setup.world.site.place("SSLProtocol")};
  setup.start();
  const char* const name = _i == 0 ? "b.test" : "a.test";
  SSL_set_tlsext_host_name(setup.client.ssl.get(), name);
  setup.talk();
  ck_assert_int_eq(SSL_version(setup.client.ssl.get()), _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
}
END_TEST

START_TEST(a_protocol_is_chosen_among_the_offers) {
  Setup setup;
  setup.start();
  const std::string offers = _i == 0 ? "\x08http/1.1\x02h2" : "\x08http/1.1";
  SSL_set_alpn_protos(setup.client.ssl.get(), as_bytes(offers).data(),
                      static_cast<unsigned>(offers.size()));
  setup.talk();
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(setup.client.ssl.get(), &chosen, &size);
  expect_text(std::string(reinterpret_cast<const char*>(chosen), size), _i == 0 ? "h2" : "");
}
END_TEST

START_TEST(bytes_go_both_ways) {
  Setup setup;
  setup.start();
  setup.talk();
  Inbound inbound(*setup.server);
  Outbound outbound(*setup.server);
  SSL_write(setup.client.ssl.get(), "one\ntwo", 7);
  const Bytes sent = setup.client.take();
  setup.server->feed(sent);
  ck_assert(inbound.fill() == StreamStatus::done);
  bool whole = false;
  ck_assert(as_text(inbound.line(100, whole)) == "one\n" && whole);
  inbound.take(4);
  ck_assert(as_text(inbound.line(100, whole)) == "two" && !whole);
  ck_assert(as_text(inbound.peek(2)) == "tw");
  ck_assert(inbound.fill() == StreamStatus::want_read);

  std::string large(100000, 'x');
  ck_assert(outbound.write(as_bytes("small")));
  ck_assert_uint_eq(outbound.gathered_bytes(), 5);
  ck_assert(outbound.write(as_bytes(large)));
  ck_assert(outbound.flush());
  setup.client.give(setup.server->out());
  expect_text(setup.client.read(), "small" + large);
}
END_TEST

START_TEST(small_pieces_share_a_record) {
  Setup setup;
  setup.start();
  setup.talk();
  Outbound outbound(*setup.server);
  for (int i = 0; i < 10; ++i) ck_assert(outbound.write(as_bytes("piece ")));
  ck_assert(setup.server->out().empty());
  ck_assert(outbound.flush());
  ck_assert_uint_lt(setup.server->out().size(), 60 + 32);
  setup.client.give(setup.server->out());
  ck_assert_uint_eq(setup.client.read().size(), 60);
}
END_TEST

START_TEST(a_client_that_goes_on_renegotiating_is_closed) {
  Setup setup;
  setup.start();
  setup.talk();
  ck_assert(setup.server->phase() == Phase::established);
  // What OpenSSL reports for each ClientHello it refuses: warning, no_renegotiation.
  constexpr int kRefused = SSL3_AL_WARNING << 8 | SSL_AD_NO_RENEGOTIATION;
  Bytes room(1024);
  std::size_t count = 0;
  int attempts = 0;
  for (; attempts < 10000 && setup.server->phase() == Phase::established; ++attempts) {
    setup.server->on_alert(true, kRefused);
    (void)setup.server->decrypt(room, count);
  }
  ck_assert_int_gt(attempts, 1);
  ck_assert_int_lt(attempts, 20);
  ck_assert(setup.server->phase() == Phase::failed);
  ck_assert_uint_eq(setup.server->failure().id, static_cast<MessageId>(Tp::renegotiations_refused));
}
END_TEST

START_TEST(goodbye_is_said_once_and_heard) {
  Setup setup;
  setup.start();
  setup.talk();
  setup.server->send_close_notify();
  const std::size_t size = setup.server->out().size();
  setup.server->send_close_notify();
  ck_assert_uint_eq(setup.server->out().size(), size);
  setup.client.give(setup.server->out());
  (void)setup.client.read();
  ck_assert_int_ne(SSL_get_shutdown(setup.client.ssl.get()) & SSL_RECEIVED_SHUTDOWN, 0);
}
END_TEST

START_TEST(the_clients_end_is_told_apart) {
  Setup setup;
  setup.start();
  setup.talk();
  if (_i == 0) {
    (void)SSL_shutdown(setup.client.ssl.get());
    setup.rest = setup.client.take();
    setup.server->feed(setup.rest);
  } else {
    setup.server->end_input();
  }
  Byte byte = 0;
  std::size_t count = 0;
  ck_assert(setup.server->decrypt({&byte, 1}, count) ==
            (_i == 0 ? StreamStatus::closed : StreamStatus::cut_off));
}
END_TEST

/// The server is fed the client's first record in records of `cut` bytes each.
void feed_in_records(Setup& setup, std::size_t cut) {
  (void)SSL_do_handshake(setup.client.ssl.get());
  const Bytes sent = setup.client.take();
  const ByteView message = ByteView(sent).subspan(5);
  for (std::size_t at = 0; at < message.size(); at += cut) {
    const ByteView part = message.subspan(at, std::min(cut, message.size() - at));
    Bytes record{22, 3, 1, static_cast<Byte>(part.size() >> 8U),
                 static_cast<Byte>(part.size() & 0xffU)};
    record.insert(record.end(), part.begin(), part.end());
    setup.server->feed(record);
    (void)setup.server->advance();
  }
  setup.client.give(setup.server->out());
}

START_TEST(the_hello_is_kept_only_where_it_is_wanted) {
  // whole, in a few records, in more than we put together ourselves
  static constexpr std::size_t kCuts[] = {100000, 50, 3};
  for (const bool wanted : {true, false}) {
    Setup setup;
    setup.world.site.last().client_hello_vars = {wanted, setup.world.site.place("x")};
    setup.start();
    // so finely cut it can only go to the default host of the address
    setup.connect_to(2);
    SSL_set_tlsext_host_name(setup.client.ssl.get(), "b.test");
    feed_in_records(setup, kCuts[_i]);
    setup.talk();
    ck_assert(setup.server->phase() == Phase::established);
    const ByteView hello = setup.server->client_hello();
    ck_assert_int_eq(!hello.empty(), wanted);
    if (!wanted) continue;
    ck_assert(hex(hello_part(hello, HelloPart::versions)).starts_with("03040303"));
    expect_text(hex(hello_part(hello, HelloPart::version)), "0303");
    ck_assert(hex(hello_part(hello, HelloPart::extensions)).find("0000") != std::string::npos);
    ck_assert_uint_eq(hello_part(hello, HelloPart::ciphers).size() % 2, 0);
  }
}
END_TEST

START_TEST(the_first_of_two_hellos_is_kept) {
  Setup setup;
  setup.world.site.last().client_hello_vars = {true, setup.world.site.place("x")};
  setup.world.site.last().conf_commands.add({"Groups", "P-384"}, setup.world.site.place("y"));
  setup.start();
  SSL_set_tlsext_host_name(setup.client.ssl.get(), "b.test");
  SSL_set1_groups_list(setup.client.ssl.get(), "X25519:P-384");
  (void)SSL_do_handshake(setup.client.ssl.get());
  const Bytes first = setup.client.take();
  setup.server->feed(first);
  (void)setup.server->advance();
  setup.client.give(setup.server->out());
  setup.talk();
  ck_assert(setup.server->phase() == Phase::established);
  const ByteView hello = setup.server->client_hello();
  ck_assert(Bytes(hello.begin(), hello.end()) == Bytes(first.begin() + 9, first.end()));
}
END_TEST

static const struct {
  const char* what;
  std::string_view bytes;
  Phase phase;
} kBeginnings[] = {
    {"HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", Phase::plain_http},
    {"garbage", "\x01\x02\x03\x04\x05\x06\x07\x08", Phase::failed},
    {"an alert", std::string_view("\x15\x03\x01\x00\x02\x02\x28", 7), Phase::failed},
    {"half a header", "\x16\x03", Phase::hello},
};

START_TEST(what_is_no_hello_ends_in_its_phase) {
  Setup setup;
  setup.start();
  setup.server->feed(as_bytes(kBeginnings[_i].bytes));
  (void)setup.server->advance();
  ck_assert_msg(setup.server->phase() == kBeginnings[_i].phase, "%s", kBeginnings[_i].what);
  if (kBeginnings[_i].phase == Phase::failed) {
    ck_assert_uint_ne(setup.server->failure().id, 0);
    ck_assert(!setup.server->failure().what.empty());
  }
}
END_TEST

START_TEST(nothing_in_common_names_name_and_alert) {
  Setup setup;
  setup.start();
  SSL_set_max_proto_version(setup.client.ssl.get(), TLS1_2_VERSION);
  SSL_set_cipher_list(setup.client.ssl.get(), "ECDHE-RSA-AES128-GCM-SHA256");
  SSL_set_tlsext_host_name(setup.client.ssl.get(), "b.test");
  setup.talk();
  ck_assert(setup.server->phase() == Phase::failed);
  const std::string what = setup.server->failure().what;
  ck_assert_msg(what.find("\"b.test\"") != std::string::npos, "%s", what.c_str());
  ck_assert_msg(what.find("handshake failure (40)") != std::string::npos, "%s", what.c_str());
}
END_TEST

static const struct {
  const char* what;
  int highest;          // of the client
  const char* ciphers;  // of TLS 1.2; null: all
  const char* groups;
  const char* signatures;
  const char* reason;
} kGaps[] = {
    {"key", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", nullptr, nullptr,
     "client needs an RSA certificate; configured: ECDSA"},
    {"cipher", TLS1_2_VERSION, "DHE-RSA-AES128-SHA", nullptr, nullptr,
     "no common cipher for TLSv1.2"},
    {"version", TLS1_1_VERSION, "ALL:@SECLEVEL=0", nullptr, nullptr, "no common version"},
    {"signature", TLS1_3_VERSION, nullptr, nullptr, "RSA-PSS+SHA256",
     "client needs an RSA certificate; configured: ECDSA"},
    {"group", TLS1_3_VERSION, nullptr, "P-521", nullptr, "no common group"},
};

START_TEST(a_gap_is_explained) {
  const auto& row = kGaps[_i];
  for (const bool explains : {true, false}) {
    Setup setup;
    auto& config = setup.world.site.last();
    config.conf_commands.add({"Groups", "X25519:P-256"}, setup.world.site.place("x"));
    config.cipher_list = {"ECDHE+AESGCM", setup.world.site.place("y")};
    setup.start();
    while (!explains && setup.engine.explanations.take(setup.world.clock.steady())) {
    }
    SSL* client = setup.client.ssl.get();
    SSL_set_tlsext_host_name(client, "b.test");
    SSL_set_min_proto_version(client, TLS1_VERSION);
    SSL_set_max_proto_version(client, row.highest);
    if (row.ciphers != nullptr) SSL_set_cipher_list(client, row.ciphers);
    if (row.groups != nullptr) SSL_set1_groups_list(client, row.groups);
    if (row.signatures != nullptr) SSL_set1_sigalgs_list(client, row.signatures);
    setup.talk(_i % 2 == 0 ? 100000 : 50);
    ck_assert_msg(setup.server->phase() == Phase::failed, "%s", row.what);
    const Error failure = setup.server->failure();
    ck_assert_int_eq(failure.what.find(row.reason) != std::string::npos, explains);
    if (!explains) continue;
    expect_part(failure.what, "client offers ");
    expect_part(failure.what, "OpenSSL: ");
    ck_assert_msg(failure.what.find(row.reason) == 0, "the cause first: %s", failure.what.c_str());
    ck_assert_uint_lt(render(failure, "host").size(), 600);
    ck_assert(!failure.hint.empty());
    ck_assert(failure.what.find('\n') == std::string::npos);
  }
}
END_TEST

START_TEST(what_is_shared_needs_no_explanation) {
  Setup setup;
  setup.start();
  // an alert of the client's, after both agreed
  SSL_set_verify(setup.client.ssl.get(), SSL_VERIFY_PEER, nullptr);
  setup.talk();
  ck_assert(setup.server->phase() == Phase::failed);
  const std::string what = setup.server->failure().what;
  ck_assert_msg(what.find("client offers") == std::string::npos, "%s", what.c_str());
}
END_TEST

START_TEST(a_module_that_refuses_is_heard) {
  Setup setup;
  setup.start();
  setup.services->accepts = false;
  setup.talk();
  ck_assert(setup.server->phase() == Phase::failed);
}
END_TEST

START_TEST(idle_connections_give_their_buffers_back) {
  Setup setup;
  setup.start();
  setup.talk();
  setup.server->release_buffers();
  ck_assert_uint_eq(setup.server->out().capacity(), 0);
  Outbound outbound(*setup.server);
  ck_assert(outbound.write(as_bytes("after")) && outbound.flush());
  setup.client.give(setup.server->out());
  expect_text(setup.client.read(), "after");
}
END_TEST

Suite* connection_suite() {
  Suite* suite = suite_create("connection");
  TCase* tests = tcase_create("in memory");
  tcase_add_loop_test(tests, the_name_chooses_the_host, 0, 4);
  tcase_add_loop_test(tests, any_cut_of_the_stream_will_do, 0, 7);
  tcase_add_loop_test(tests, versions_are_the_hosts_own, 0, 2);
  tcase_add_loop_test(tests, a_protocol_is_chosen_among_the_offers, 0, 2);
  tcase_add_test(tests, bytes_go_both_ways);
  tcase_add_test(tests, small_pieces_share_a_record);
  tcase_add_test(tests, a_client_that_goes_on_renegotiating_is_closed);
  tcase_add_test(tests, goodbye_is_said_once_and_heard);
  tcase_add_loop_test(tests, the_clients_end_is_told_apart, 0, 2);
  tcase_add_loop_test(tests, what_is_no_hello_ends_in_its_phase, 0, std::size(kBeginnings));
  tcase_add_test(tests, nothing_in_common_names_name_and_alert);
  tcase_add_loop_test(tests, the_hello_is_kept_only_where_it_is_wanted, 0, 3);
  tcase_add_test(tests, the_first_of_two_hellos_is_kept);
  tcase_add_loop_test(tests, a_gap_is_explained, 0, std::size(kGaps));
  tcase_add_test(tests, what_is_shared_needs_no_explanation);
  tcase_add_test(tests, a_module_that_refuses_is_heard);
  tcase_add_test(tests, idle_connections_give_their_buffers_back);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::connection_suite());
}
