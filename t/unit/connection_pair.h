// SPDX-License-Identifier: Apache-2.0
//
// Whole connections in memory: OpenSSL's client on one side, ours on the other, no socket in
// between.
#pragma once

#include <functional>

#include "ssl_engine/connection/connection.h"
#include "t/unit/test_certs.h"
#include "t/unit/world.h"

namespace tlsplus::test {

/// The server around a connection, reduced to names.
class Services final : public ConnectionServices {
 public:
  explicit Services(const Snapshot& snapshot) : snapshot_(snapshot) {}

  LogSink& log() noexcept override { return log_; }
  const Host* host_named(std::string_view name) override {
    for (const Host& host : snapshot_.hosts()) {
      if (host.name == std::string(name) + ":443") return &host;
    }
    return nullptr;
  }
  void on_host(const Host&) override {}
  std::optional<std::size_t> select_protocol(const Host&, ByteView offers) override {
    for (std::size_t at = 0; at < offers.size(); at += 1U + offers[at]) {
      if (as_text(offers.subspan(at + 1, offers[at])) == "h2") return at;
    }
    return std::nullopt;
  }
  std::optional<ChallengeCertificate> challenge(std::string_view) override { return std::nullopt; }
  bool on_ssl(SSL&) override { return accepts; }
  ServerEvents::Staple staple(const Host&, SSL&) override { return {}; }

  bool accepts = true;

 private:
  const Snapshot& snapshot_;
  MemoryLog log_;
};

/// Seals and opens all tickets.
class OneKey final : public TicketKeys {
 public:
  OneKey() : TicketKeys(cipher_, counters_) { key_.key_size = 32; }
  /// Another key, of the same name or not.
  void change(bool same_name) {
    key_.hmac_key[0]++;
    if (!same_name) key_.name[0]++;
  }
  std::optional<TicketKey> newest() noexcept override { return key_; }
  std::optional<Found> find(const TicketKeyName& name) noexcept override {
    if (name != key_.name) return std::nullopt;
    return Found{key_, false};
  }

 private:
  TicketCipher cipher_ = *TicketCipher::fetch();
  TicketCounters counters_{};
  TicketKey key_;
};

struct Client {
  /// `prepare` sets up what must be there before there is an SSL.
  explicit Client(const std::function<void(SSL_CTX&)>& prepare = {}) {
    context.reset(SSL_CTX_new(TLS_client_method()));
    if (prepare) prepare(*context);
    ssl.reset(SSL_new(context.get()));
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_connect_state(ssl.get());
  }

  Bytes take() const {
    char* memory = nullptr;
    const long size = BIO_get_mem_data(out, &memory);
    Bytes taken(memory, memory + size);
    (void)BIO_reset(out);
    return taken;
  }
  void give(ByteQueue& records) const {
    const ByteView bytes = records.view();
    if (!bytes.empty()) BIO_write(in, bytes.data(), static_cast<int>(bytes.size()));
    records.consume(bytes.size());
  }
  std::string read() const {
    std::string all;
    char part[4096];
    for (int size = 0; (size = SSL_read(ssl.get(), part, sizeof part)) > 0;) {
      all.append(part, static_cast<std::size_t>(size));
    }
    return all;
  }
  std::string name_shown() const {
    const Cert shown(SSL_get1_peer_certificate(ssl.get()));
    char name[64] = "";
    if (shown != nullptr) {
      X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name,
                                sizeof name);
    }
    return name;
  }

  SslCtx context;
  Ssl ssl;
  BIO* in = nullptr;
  BIO* out = nullptr;
};

/// Two hosts, a.test the default, with certificates of their own.
struct Setup {
  Setup() {
    world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
    world.site.add_tls("b.test", world.complete("b.pem", world.leaf("b.test")), {});
  }
  void start() {
    snapshot = world.build_well();
    services.emplace(*snapshot);
    connect();
  }
  /// All hosts keep their sessions there.
  void keep_sessions(HostSessions where) {
    engine.sessions.assign(snapshot->hosts().size(), where);
  }
  /// A connection to come, of the client that is there by then.
  void connect() { connect_to(1); }
  /// The same, where another host is the default of the address.
  void connect_to(std::uint32_t base) {
    server.emplace(engine, snapshot, snapshot->host(base), *services);
  }
  /// Lets both sides talk until neither has anything to say; the server is fed `step` bytes at
  /// a time.
  void talk(std::size_t step = std::size_t{1} << 20U) {
    for (int idle = 0; idle < 2;) {
      (void)SSL_do_handshake(client.ssl.get());
      const Bytes sent = client.take();
      for (std::size_t at = 0; at < sent.size(); at += step) {
        server->feed(ByteView(sent).subspan(at, std::min(step, sent.size() - at)));
        (void)server->advance();
        if (server->phase() == Phase::established) {
          rest.assign(server->unread().begin(), server->unread().end());
          if (!rest.empty()) server->feed(rest);
        }
      }
      idle = sent.empty() && server->out().empty() ? idle + 1 : 0;
      client.give(server->out());
    }
  }

  World world;
  Engine engine{world.clock};
  std::shared_ptr<const Snapshot> snapshot;
  std::optional<Services> services;
  std::optional<Connection> server;
  Client client;
  Bytes rest;
};

}  // namespace tlsplus::test
