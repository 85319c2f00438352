// SPDX-License-Identifier: Apache-2.0
//
// ClientEnd: the client's end of a TLS connection, towards a backend, without sockets, pools or
// threads. Beyond what any end does it says whom it wants, shows a certificate when it is asked for
// one, and holds the backend's against the name that was meant.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "ssl_engine/connection/engine.h"
#include "ssl_engine/connection/tls_end.h"
#include "ssl_engine/hosts/proxy_tls.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/tls/tls_stream.h"
#include "ssl_engine/trust/verifier.h"

namespace tlsplus {

/// Whom a connection is for.
struct Backend {
  std::string name;         // of the host that is meant; empty: nobody said
  std::string address;      // "10.0.0.1:8443", for the log
  bool is_address = false;  // the name is an IP address, which is not asked for (RFC 6066 3)
  std::vector<std::string> protocols{};  // ALPN, most wanted first; empty: none is offered
  bool may_choose_none = true;           // a backend that does not know ALPN is as good
};

/// What the client's end asks of whom it belongs to. All answers come from memory.
class ClientServices {
 public:
  ClientServices() = default;
  ClientServices(const ClientServices&) = delete;
  ClientServices& operator=(const ClientServices&) = delete;
  virtual ~ClientServices() = default;

  virtual LogSink& log() noexcept = 0;
  /// Once, before the ClientHello.
  virtual Backend backend() = 0;
  /// The SSL is made and not used yet; false gives the connection up.
  virtual bool on_ssl(SSL& ssl) = 0;
  /// Of an earlier connection to the same backend; null: none.
  virtual Session session() = 0;
  /// One for later, of a backend that has passed all checks.
  virtual void keep(SSL_SESSION& session) = 0;
  /// The connection failed: none of this backend's is to be trusted any more.
  virtual void forget_sessions() = 0;
  /// The handshake is complete, and all checks of ours are passed; false: another module has one
  /// that is not.
  virtual bool accepts(SSL& ssl) = 0;
};

/// Belongs to one thread at a time. Must not move.
class ClientEnd final : public TlsEnd, public ClientEvents {
 public:
  /// `settings` belongs to `snapshot`, which is held until the connection ends, and has a context.
  /// `engine` and `services` must outlive the connection.
  ClientEnd(Engine& engine, std::shared_ptr<const Snapshot> snapshot, const ProxyTls& settings,
            ClientServices& services);
  ~ClientEnd() override;

  // TlsEnd
  [[nodiscard]] bool speaks_first() const noexcept override { return true; }
  [[nodiscard]] Phase phase() const noexcept override {
    return phase_.load(std::memory_order_relaxed);
  }
  void feed(ByteView records) override {
    has_been_heard_ = true;
    stream_.feed(records);
  }
  [[nodiscard]] ByteView unread() const noexcept override { return stream_.unread(); }
  void end_input() noexcept override { stream_.end_input(); }
  bool advance() override;
  ByteQueue& out() noexcept override { return stream_.out(); }
  [[nodiscard]] bool must_flush_now() const noexcept override;
  StreamStatus decrypt(MutableByteView into, std::size_t& count) override;
  [[nodiscard]] bool is_in_record() const noexcept override { return stream_.is_in_record(); }
  [[nodiscard]] bool may_encrypt() const noexcept override;
  StreamStatus encrypt(ByteView bytes, std::size_t record_bytes) override;
  void send_close_notify() noexcept override;
  void close_quietly() noexcept override;
  [[nodiscard]] bool close_notify_sent() const noexcept override;
  void release_buffers() noexcept override;
  [[nodiscard]] Error failure() const override { return failure_; }
  /// `error`, of this backend: with its name and address.
  [[nodiscard]] Error about_backend(Error error) const;

  [[nodiscard]] const ProxyTls& settings() const noexcept { return settings_; }
  [[nodiscard]] const Backend& backend() const noexcept { return backend_; }
  /// Null before the first advance().
  [[nodiscard]] SSL* ssl() const noexcept { return stream_.is_open() ? &stream_.ssl() : nullptr; }
  [[nodiscard]] const Verifier& verifier() const noexcept { return verifier_; }

  // ClientEvents
  LogSink& log() noexcept override { return services_.log(); }
  ChainVerdict judge(const ChainStep& step) override;
  void on_secret(std::string_view line) noexcept override { engine_.key_log.write(line); }
  void on_alert(bool sent, int packed) noexcept override {
    (sent ? alert_sent_ : alert_received_) = packed;
  }
  void choose_certificate(SSL& ssl) override;
  CertChain verified_chain(const Fingerprint& shown) override;
  void on_verified(const Fingerprint& shown, CertChain chain) override;
  void on_session(SSL_SESSION& session) override;

 private:
  void open();
  bool set_up(SSL& ssl);
  void finish_handshake();
  /// What is wrong with the backend though OpenSSL has nothing against it; true: nothing.
  bool check_certificate();
  bool check_protocol();
  void fail(Tp id, std::string reason, std::string hint = {}) noexcept;
  void fail_in_openssl() noexcept;
  /// The backend has left in the middle of the handshake.
  void fail_for_want_of_more();
  /// Adds to failure_ what is known of the backend.
  void describe();

  Engine& engine_;
  std::shared_ptr<const Snapshot> snapshot_;
  const ProxyTls& settings_;
  ClientServices& services_;
  TlsStream stream_;
  Backend backend_;
  Error failure_;
  Verifier verifier_;
  int alert_sent_ = -1;
  int alert_received_ = -1;
  std::atomic<Phase> phase_ = Phase::hello;
  bool has_been_heard_ = false;  // the backend
  bool was_asked_ = false;       // for a certificate
  bool has_shown_one_ = false;
  bool has_offered_session_ = false;
  Session early_session_;  // until the backend has passed all checks
};

}  // namespace tlsplus
