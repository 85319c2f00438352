// SPDX-License-Identifier: Apache-2.0
//
// OutgoingConnection: a TLS connection to a backend as httpd has it: the client's end, the channel
// through which its bytes go, the answers to the end's questions, and under which settings it may
// be used. Hangs in the conn_rec's slot of our module and dies with the connection's pool.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ssl_engine/connection/client_end.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/connection/our_connection.h"
#include "ssl_engine/httpd/connection/tls_channel.h"
#include "ssl_engine/httpd/proxy/proxy_variables.h"
#include "ssl_engine/httpd/startup/generation.h"

namespace tlsplus {

class OutgoingConnection final : public OurConnection,
                                 public ClientServices,
                                 private TlsChannel::Owner {
 public:
  /// `settings` belongs to `snapshot` and has a context.
  OutgoingConnection(conn_rec& connection, Generation& generation,
                     std::shared_ptr<const Snapshot> snapshot, const ProxyTls& settings);
  /// mod_proxy ends connections with their pool; the backend is told all the same.
  ~OutgoingConnection() override;

  /// How long a handshake may take, and what says so.
  struct Limit {
    std::chrono::milliseconds time;
    const char* setting;
  };
  /// Puts the filters around the connection; the handshake has that much from now on, and begins
  /// with what is read or written first.
  void begin(const Limit& limit);
  [[nodiscard]] bool is_begun() const noexcept { return live_.has_value(); }
  [[nodiscard]] const ProxyTls& settings() const noexcept { return settings_; }

  /// What comes next is for `request` (null: nobody's) under these settings. From the pool it may
  /// be anybody's: if they are not the ones that the connection was made under, nothing goes
  /// through it any more.
  void take_for(request_rec* request, const ProxyTls& settings);
  /// Nobody uses it; the pool keeps it. One whose certificates have ended is not kept, nor one
  /// that was judged by lists which have been replaced, nor one of HTTP/2 that somebody with other
  /// settings might be given: mod_proxy_http2 does not look first.
  void release() noexcept;

  // OurConnection
  [[nodiscard]] const TlsView* view() const noexcept override;
  [[nodiscard]] bool speaks_tls() const noexcept override { return is_begun(); }

  // ClientServices
  LogSink& log() noexcept override { return log_; }
  Backend backend() override;
  bool on_ssl(SSL& ssl) override;
  Session session() override;
  void keep(SSL_SESSION& session) override;
  void forget_sessions() override;
  bool accepts(SSL& ssl) override;

 private:
  // TlsChannel::Owner
  [[nodiscard]] Error error_of(Ending ending, std::string evidence) const override;
  [[nodiscard]] std::string_view host_name() const noexcept override { return settings_.name; }
  void on_established() override;
  void on_plain_http() override {}
  void on_refused() noexcept override;
  void on_cut_off(bool in_line) noexcept override;
  [[nodiscard]] bool allows(TlsChannel::Use use) noexcept override;

  [[nodiscard]] bool is_made_under(const ProxyTls& settings) const noexcept {
    return settings.digest == settings_.digest;
  }
  [[nodiscard]] bool has_certificate_ended() const noexcept;
  [[nodiscard]] bool may_get_into_other_hands() const noexcept;
  /// Revocation lists were replaced since it was made.
  [[nodiscard]] bool is_of_older_lists() const noexcept;
  void close_now() noexcept;
  /// Logs that of this backend.
  void tell(Tp id, const char* evidence = "") noexcept;
  [[nodiscard]] SessionKey session_key() const;

  /// What exists once it is known that there will be a handshake.
  struct Live {
    Live(OutgoingConnection& owner, std::chrono::milliseconds time);
    ClientEnd end;
    TlsChannel channel;
  };

  conn_rec& connection_;
  Generation& generation_;
  ConnectionLog log_;
  std::shared_ptr<const Snapshot> snapshot_;
  const ProxyTls& settings_;
  std::optional<Live> live_;
  Limit limit_{};
  mutable TlsView view_;  // whatever is borrowed in it is taken anew by view()
  std::shared_ptr<const ProxyVariables> variables_;  // from the end of the handshake on
  bool is_released_ = false;
  bool is_foreign_ = false;  // taken for somebody with other settings
  bool is_closed_ = false;   // close_now() was called
  bool is_cut_told_ = false;
};

/// Where it is connected to: "10.0.0.1:8443", "[::1]:8443", or the path of a socket.
std::string address_of_peer(const conn_rec& connection);
/// Null if `connection` is none of ours, or a client's.
OutgoingConnection* outgoing_connection(const conn_rec& connection) noexcept;

}  // namespace tlsplus
