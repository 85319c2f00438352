// SPDX-License-Identifier: Apache-2.0
//
// A TLS connection as httpd sees it: the core Connection, the two filters around it, and the
// answers to the core's questions. Hangs in the conn_rec's slot of our module and dies with the
// connection's pool.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ssl_engine/connection/connection.h"
#include "ssl_engine/connection/engine.h"
#include "ssl_engine/connection/inbound.h"
#include "ssl_engine/connection/outbound.h"
#include "ssl_engine/connection/parked_handshakes.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/connection/answers.h"
#include "ssl_engine/httpd/connection/transport.h"
#include "ssl_engine/httpd/startup/generation.h"
#include "ssl_engine/request/environment.h"
#include "ssl_engine/request/variables.h"

namespace tlsplus {

class TlsConnection final : public ConnectionServices, public ParkedHandshake {
  // First, because `core` asks for them while it is made.
  conn_rec& connection_;
  Generation& generation_;
  ConnectionLog log_;

 public:
  /// `base` is the default host of the connection's address.
  TlsConnection(conn_rec& connection, Generation& generation,
                std::shared_ptr<const Snapshot> snapshot, const Host& base);
  ~TlsConnection() override;

  Connection core;
  Inbound inbound;
  Outbound outbound;
  Transport transport;
  Answers answers;   // to requests on this connection itself
  Instant deadline;  // of the handshake; then of the silence after it
  bool failure_logged = false;
  bool waited_nearby = false;
  bool gave_no_answer = false;     // when it was asked again
  bool awaits_request = false;     // in the MPM, since the end of the handshake
  bool stays_with_worker = false;  // to its end: nobody polls any more (stopping_child.h)

  [[nodiscard]] conn_rec& connection() noexcept { return connection_; }
  [[nodiscard]] Engine& engine() noexcept { return generation_.engine; }
  [[nodiscard]] const Clock& clock() const noexcept { return generation_.engine.clock(); }
  /// For a handshake on this address, all together; for each question later on, the same.
  [[nodiscard]] std::chrono::seconds handshake_timeout() const noexcept;
  /// The server_rec of a host of this connection's snapshot.
  [[nodiscard]] server_rec& server_of(const Host& host) const noexcept {
    return *generation_.servers[host.index];
  }

  /// What the variables show: of a handshake under way what is known so far, for the modules that
  /// look things up in hooks meanwhile. Null before the hello was read, and for plain HTTP.
  [[nodiscard]] const TlsView* view() const noexcept {
    return view_.ssl == nullptr ? nullptr : &view_;
  }
  /// Once, when the handshake is complete.
  void make_view() noexcept;
  /// It was not TLS: there is nothing to show, and to read there is what stands for the request.
  void become_plain_http();
  /// After the client was asked again: nothing of what was read before is used any more.
  void refresh_view() noexcept;

  /// Logs why the connection failed, once.
  void log_failure() noexcept;
  void log_failure(Tp id, std::string evidence) noexcept;
  /// For what the client can cause again and again.
  void log_paced(LogSink& sink, const Error& error, std::string_view vhost) noexcept;

  // ConnectionServices
  LogSink& log() noexcept override { return log_; }
  const Host* host_named(std::string_view server_name) override;
  void on_host(const Host& host) override;
  std::optional<std::size_t> select_protocol(const Host& host, ByteView offers) override;
  std::optional<ChallengeCertificate> challenge(std::string_view server_name) override;
  bool on_ssl(SSL& ssl) override;
  HandshakeEvents::Staple staple(const Host& host, SSL& ssl) override;

 private:
  void wake() noexcept override { transport.stop_reading(); }
  void begin_view(SSL& ssl) noexcept;
  void view_certificates(SSL& ssl) noexcept;
  void remark_default_host(const Host& host);

  EnvironmentCache environment_;
  TlsView view_;
};

/// Our state of `connection`, or of the primary connection it belongs to; null if it does not
/// speak TLS through us.
TlsConnection* tls_of(const conn_rec& connection) noexcept;

}  // namespace tlsplus
