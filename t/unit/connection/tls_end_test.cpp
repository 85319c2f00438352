// SPDX-License-Identifier: Apache-2.0
//
// Two ends of different kinds back to back, through TlsEnd alone: the server's, and a client's made
// here of nothing but a stream and what it believes. Whoever carries bytes for one can do so for
// the other.
#include "ssl_engine/connection/tls_end.h"

#include "ssl_engine/connection/inbound.h"
#include "ssl_engine/connection/outbound.h"
#include "ssl_engine/openssl/errors.h"
#include "t/unit/connection_pair.h"

namespace tlsplus::test {
namespace {

/// A client that believes one authority and wants one name.
class ClientEnd final : public TlsEnd {
 public:
  ClientEnd(X509& authority, const char* name, int version) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), &authority);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context_.get()), kTestNow);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    const Status opened = stream_.open(*context_, *method_, TlsRole::client, nullptr);
    require(static_cast<bool>(opened), "client");
    SSL_set_tlsext_host_name(&stream_.ssl(), name);
    SSL_set1_host(&stream_.ssl(), name);
  }

  [[nodiscard]] Phase phase() const noexcept override { return phase_; }
  void feed(ByteView records) override { stream_.feed(records); }
  [[nodiscard]] ByteView unread() const noexcept override { return stream_.unread(); }
  void end_input() noexcept override { stream_.end_input(); }
  bool advance() override {
    if (phase_ != Phase::handshake) return false;
    const StreamStatus status = stream_.handshake();
    if (status == StreamStatus::want_read) return true;
    if (status == StreamStatus::done) {
      phase_ = Phase::established;
    } else {
      fail();
    }
    return false;
  }
  ByteQueue& out() noexcept override { return stream_.out(); }
  [[nodiscard]] bool must_flush_now() const noexcept override { return true; }
  StreamStatus decrypt(MutableByteView into, std::size_t& count) override {
    const StreamStatus status = stream_.read(into, count);
    if (status == StreamStatus::failed) fail();
    return status;
  }
  StreamStatus encrypt(ByteView bytes, std::size_t record_bytes) override {
    const StreamStatus status = stream_.write(bytes, record_bytes);
    if (status == StreamStatus::failed) fail();
    return status;
  }
  void send_close_notify() noexcept override {
    if (phase_ == Phase::established) stream_.send_close_notify();
  }
  void close_quietly() noexcept override {
    if (phase_ == Phase::established) stream_.close_quietly();
  }
  [[nodiscard]] bool close_notify_sent() const noexcept override {
    return stream_.close_notify_sent();
  }
  void release_buffers() noexcept override { stream_.release_buffers(); }
  [[nodiscard]] Error failure() const override { return failure_; }

 private:
  void fail() {
    phase_ = Phase::failed;
    failure_ = openssl_error("the backend is not believed");
  }

  BioMethod method_ = make_queue_bio_method();
  SslCtx context_;
  TlsStream stream_;
  Phase phase_ = Phase::handshake;
  Error failure_;
};

/// Whoever carries the bytes of an end, of which it knows no more than that it is one.
class Carrier {
 public:
  explicit Carrier(TlsEnd& carried) : end(carried), inbound(carried), outbound(carried) {}

  /// What lies in out(), taken off it.
  Bytes take() {
    const ByteView records = end.out().view();
    Bytes taken(records.begin(), records.end());
    end.out().consume(taken.size());
    return taken;
  }
  void give(ByteView piece) {
    end.feed(piece);
    go_on();
    ck_assert(end.phase() == Phase::failed || end.unread().empty());
  }
  void go_on() {
    (void)end.advance();
    while (end.phase() == Phase::established) {
      status = inbound.fill();
      if (status != StreamStatus::done) return;
      const ByteView plaintext = inbound.peek(SIZE_MAX);
      heard += as_text(plaintext);
      inbound.take(plaintext.size());
    }
  }
  void say(std::string_view words) {
    ck_assert(outbound.write(as_bytes(words)) && outbound.flush());
  }

  TlsEnd& end;
  Inbound inbound;
  Outbound outbound;
  std::string heard;
  StreamStatus status = StreamStatus::want_read;
};

/// Its failure tells of that.
void expect_failed(const TlsEnd& end, std::string_view reason) {
  ck_assert(end.phase() == Phase::failed);
  expect_part(end.failure().what, reason);
}

constexpr std::size_t kOneRecord = 0;

/// The first record of `bytes`, whole.
std::size_t size_of_record(ByteView bytes) {
  constexpr std::size_t kHeader = 5;  // RFC 8446 5.1
  ck_assert_uint_ge(bytes.size(), kHeader);
  return kHeader + (std::size_t{bytes[3]} << 8U | bytes[4]);
}

/// Everything that `from` has to say, in pieces of `step` bytes or record by record. False:
/// nothing.
bool carry(Carrier& from, Carrier& to, std::size_t step) {
  const Bytes all = from.take();
  for (ByteView rest = all; !rest.empty();) {
    const std::size_t size =
        std::min(step == kOneRecord ? size_of_record(rest) : step, rest.size());
    to.give(rest.first(size));
    rest = rest.subspan(size);
  }
  return !all.empty();
}

struct Ends {
  explicit Ends(int version = TLS1_3_VERSION, const char* name = "a.test") {
    world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
    snapshot = world.build_well();
    services.emplace(*snapshot);
    server_end.emplace(engine, snapshot, snapshot->host(1), *services);
    client_end.emplace(*world.root.certificate, name, version);
    server.emplace(*server_end);
    client.emplace(*client_end);
  }
  /// Until neither has anything to say.
  void talk(std::size_t step = kOneRecord) {
    client->go_on();
    for (bool is_news = true; is_news;) {
      is_news = carry(*client, *server, step);
      is_news = carry(*server, *client, step) || is_news;
    }
  }
  [[nodiscard]] bool are_established() const {
    return server->end.phase() == Phase::established && client->end.phase() == Phase::established;
  }

  World world;
  Engine engine{world.clock};
  std::shared_ptr<const Snapshot> snapshot;
  std::optional<Services> services;
  std::optional<Connection> server_end;
  std::optional<ClientEnd> client_end;
  std::optional<Carrier> server;
  std::optional<Carrier> client;
};

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
  Ends ends(_i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION, "other.test");
  ends.talk();
  expect_failed(ends.client->end, "certificate verify failed");
  expect_failed(ends.server->end, "bad certificate");
}
END_TEST

START_TEST(a_handshake_that_is_cut_off_fails) {
  Ends ends;
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
