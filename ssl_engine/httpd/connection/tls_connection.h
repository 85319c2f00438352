// SPDX-License-Identifier: Apache-2.0
//
// TlsConnection: a client's TLS connection as httpd has it. The core connection, the channel
// through which its bytes go, the answers to the core's questions, and what the variables show.
// Hangs in the conn_rec's slot of our module and dies with the connection's pool.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "ssl_engine/connection/connection.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/connection/our_connection.h"
#include "ssl_engine/httpd/connection/tls_channel.h"
#include "ssl_engine/httpd/startup/generation.h"
#include "ssl_engine/request/environment.h"
#include "ssl_engine/request/variables.h"

namespace tlsplus {

class TlsConnection final : public OurConnection,
                            public ConnectionServices,
                            private TlsChannel::Owner {
  // First, because `core` asks for them while it is made.
  conn_rec& connection_;
  Generation& generation_;
  ConnectionLog log_;

 public:
  /// `base` is the default host of the connection's address.
  TlsConnection(conn_rec& connection, Generation& generation,
                std::shared_ptr<const Snapshot> snapshot, const Host& base);

  Connection core;
  TlsChannel channel;

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
  [[nodiscard]] const TlsView* view() const noexcept override {
    return view_.ssl == nullptr ? nullptr : &view_;
  }
  [[nodiscard]] bool speaks_tls() const noexcept override {
    return core.phase() != Phase::plain_http;
  }
  /// After the client was asked again: nothing of what was read before is used any more.
  void refresh_view() noexcept;

  /// The client gave no answer when it was asked again, and is not asked any more.
  void note_silence() noexcept { gave_no_answer_ = true; }
  [[nodiscard]] bool gave_no_answer() const noexcept { return gave_no_answer_; }

  // ConnectionServices
  LogSink& log() noexcept override { return log_; }
  const Host* host_named(std::string_view server_name) override;
  void on_host(const Host& host) override;
  std::optional<std::size_t> select_protocol(const Host& host, ByteView offers) override;
  std::optional<ChallengeCertificate> challenge(std::string_view server_name) override;
  bool on_ssl(SSL& ssl) override;
  ServerEvents::Staple staple(const Host& host, SSL& ssl) override;

 private:
  // TlsChannel::Owner
  [[nodiscard]] std::string_view host_name() const noexcept override { return core.host().name; }
  [[nodiscard]] Error error_of(Ending ending, std::string evidence) const override;
  void on_established() override;
  void on_plain_http() override;

  void begin_view(SSL& ssl) noexcept;
  void view_certificates(SSL& ssl) noexcept;
  void remark_default_host(const Host& host);

  EnvironmentCache environment_;
  TlsView view_;
  bool gave_no_answer_ = false;
};

/// Our state of `connection`, or of the primary connection it belongs to; null if it is not a
/// client's that speaks TLS through us.
TlsConnection* tls_of(const conn_rec& connection) noexcept;

}  // namespace tlsplus
