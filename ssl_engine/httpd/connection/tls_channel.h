// SPDX-License-Identifier: Apache-2.0
//
// TlsChannel: one end of a TLS connection between the filters around it, with everything that they
// and the handshake's driver keep of it.
//
// This is all that they know. The end may be the server's, with a browser behind the socket, or the
// client's, with a backend there: what is different then is asked of the owner, whose class knows
// it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ssl_engine/connection/engine.h"
#include "ssl_engine/connection/inbound.h"
#include "ssl_engine/connection/outbound.h"
#include "ssl_engine/connection/tls_end.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/connection/answers.h"
#include "ssl_engine/httpd/connection/handshake_wait.h"
#include "ssl_engine/httpd/connection/transport.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

/// The filters have it as their context. Belongs to the connection's thread, but for the log, the
/// clock, Transport::stop() and Transport::stop_reading().
class TlsChannel {
 public:
  /// What somebody above wants of the channel. look: whether something has come, without waiting.
  enum class Use : std::uint8_t { look, read, write };

  /// What is not the same for both kinds of ends.
  class Owner {
   public:
    Owner() = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;

    /// How a handshake can end beside what the end knows of it.
    enum class Ending : std::uint8_t { deadline, let_go, cut_off };
    [[nodiscard]] virtual Error error_of(Ending ending, std::string evidence) const = 0;
    /// Whose connection this is, for the log.
    [[nodiscard]] virtual std::string_view host_name() const noexcept = 0;
    /// Once, when the handshake is complete and plaintext may flow.
    virtual void on_established() = 0;
    /// Once, at Phase::plain_http: the channel then reads what lies in `inbound`, and nothing else.
    virtual void on_plain_http() = 0;
    /// The handshake is over, and the connection is of no use; it was told why.
    virtual void on_refused() noexcept {}
    /// The peer has gone without close_notify while something was expected of it.
    /// `in_line`: a line was read, of HTTP's own.
    virtual void on_cut_off([[maybe_unused]] bool in_line) noexcept {}
    /// Before each use from above: false, and nothing goes through any more.
    [[nodiscard]] virtual bool allows(Use) noexcept { return true; }

   protected:
    ~Owner() = default;
  };

  /// All must outlive it. The handshake has `handshake_time` from now on.
  TlsChannel(conn_rec& connection, Engine& engine, LogSink& log, TlsEnd& end, Owner& owner,
             std::chrono::milliseconds handshake_time) noexcept;
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

 private:
  conn_rec& connection_;
  Engine& engine_;
  LogSink& log_;
  TlsEnd& end_;
  Owner& owner_;

 public:
  Transport transport;  // records below
  Inbound inbound;      // plaintext above, both ways
  Outbound outbound;
  Answers answers;  // to requests on this connection itself; none at a client's end
  HandshakeWait wait;

  [[nodiscard]] conn_rec& connection() const noexcept { return connection_; }
  [[nodiscard]] Engine& engine() const noexcept { return engine_; }
  [[nodiscard]] LogSink& log() const noexcept { return log_; }
  [[nodiscard]] const Clock& clock() const noexcept { return engine_.clock(); }
  [[nodiscard]] TlsEnd& end() const noexcept { return end_; }
  [[nodiscard]] Owner& owner() const noexcept { return owner_; }

  /// The handshake is complete and has left, the last flight to its end: tells the owner.
  void open();
  /// Not yet where the end is established already, and the peer takes its time to read that flight.
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }

  /// The handshake has begun or is still to begin.
  [[nodiscard]] bool is_in_handshake() const noexcept {
    const Phase phase = end_.phase();
    return phase == Phase::hello || phase == Phase::handshake ||
           (phase == Phase::established && !is_open_);
  }

  /// From now on nothing is read or written any more: httpd closes.
  void abort() noexcept { connection_.aborted = 1; }
  [[nodiscard]] bool is_aborted() const noexcept { return connection_.aborted != 0; }

  /// Between requests: what the connection holds for later is given back.
  void release_buffers() noexcept;

  /// Logs why the connection failed, once.
  void log_failure() noexcept;
  void log_failure(Tp id, std::string evidence) noexcept;
  void log_failure(Owner::Ending ending, std::string evidence) noexcept;
  /// It was told by somebody else, or is to be told by nobody.
  void leave_failure_untold() noexcept { is_failure_told_ = true; }
  /// For what the peer can cause again and again.
  void log_paced(LogSink& sink, const Error& error, std::string_view host_name) noexcept;

 private:
  bool is_open_ = false;
  bool is_failure_told_ = false;
};

}  // namespace tlsplus
