// SPDX-License-Identifier: Apache-2.0
//
// Two ends of ours back to back, the server's and the client's, and who carries bytes between them.
#pragma once

#include "ssl_engine/connection/client_end.h"
#include "ssl_engine/connection/inbound.h"
#include "ssl_engine/connection/outbound.h"
#include "ssl_engine/openssl/tls/client_context.h"
#include "t/unit/connection_pair.h"

namespace tlsplus::test {

/// mod_proxy around a client's end, reduced to what it wants.
class Wishes final : public ClientServices {
 public:
  LogSink& log() noexcept override { return told; }
  Backend backend() override { return wanted; }
  bool on_ssl(SSL&) override { return true; }
  Session session() override { return std::exchange(known, nullptr); }
  void keep(SSL_SESSION& session) override {
    SSL_SESSION_up_ref(&session);
    kept.emplace_back(&session);
  }
  void forget_sessions() override { kept.clear(); }
  bool accepts(SSL&) override { return accepts_backend; }

  MemoryLog told;
  Backend wanted{.name = "a.test", .address = "192.0.2.1:443"};
  Session known;
  std::vector<Session> kept;
  bool accepts_backend = true;
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
inline void expect_failed(const TlsEnd& end, std::string_view reason) {
  ck_assert(end.phase() == Phase::failed);
  expect_part(end.failure().what, reason);
}

constexpr std::size_t kOneRecord = 0;

/// The first record of `bytes`, whole.
inline std::size_t size_of_record(ByteView bytes) {
  constexpr std::size_t kHeader = 5;  // RFC 8446 5.1
  ck_assert_uint_ge(bytes.size(), kHeader);
  return kHeader + (std::size_t{bytes[3]} << 8U | bytes[4]);
}

/// Everything that `from` has to say, in pieces of `step` bytes or record by record. False:
/// nothing.
inline bool carry(Carrier& from, Carrier& to, std::size_t step) {
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
  /// The server a.test has a certificate for it; the client believes its authority and insists.
  explicit Ends(int version = TLS1_3_VERSION) : highest(version) {
    policy.engine = true;
    policy.peer.mode = VerifyMode::require;
  }
  void start() {
    world.site.add_tls("a.test", world.complete("a.pem", world.leaf(shown)), {});
    snapshot = world.build_well();
    services.emplace(*snapshot);
    connect();
  }
  /// Another connection between the same two.
  void connect() {
    auto made = ClientContext::make(TLS1_2_VERSION, static_cast<std::uint16_t>(highest));
    require(static_cast<bool>(made), "client context");
    Handle<X509_STORE, X509_STORE_free> store(X509_STORE_new());
    if (authority != nullptr) X509_STORE_add_cert(store.get(), authority);
    made->set_peer_auth(policy.peer.mode != VerifyMode::none, store.get());
    context = std::move(*made).take();
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context.get()), kTestNow);
    settings.policy = std::make_shared<const ProxyPolicy>(policy);
    settings.context = context.get();
    server_end.emplace(engine, snapshot, snapshot->host(1), *services);
    client_end.emplace(engine, snapshot, settings, wishes);
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
  std::string shown = "a.test";  // the name in the server's certificate
  int highest;
  X509* authority = world.root.certificate.get();  // null: the client believes nobody
  ProxyPolicy policy;
  ProxyTls settings;
  SslCtx context;
  Wishes wishes;
  Engine engine{world.clock};
  std::shared_ptr<const Snapshot> snapshot;
  std::optional<Services> services;
  std::optional<Connection> server_end;
  std::optional<ClientEnd> client_end;
  std::optional<Carrier> server;
  std::optional<Carrier> client;
};

}  // namespace tlsplus::test
