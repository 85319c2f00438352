// SPDX-License-Identifier: Apache-2.0
//
// A TLS connection as httpd sees it: the core Connection, the two filters around it, and the
// answers to the core's questions. Hangs in the conn_rec's slot of our module and dies with the
// connection's pool.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/connection/connection.h"
#include "ssl_engine/connection/engine.h"
#include "ssl_engine/connection/inbound.h"
#include "ssl_engine/connection/outbound.h"
#include "ssl_engine/connection/parked_handshakes.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/connection/answers.h"
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
  ap_filter_t* input_filter = nullptr;
  ap_filter_t* output_filter = nullptr;
  apr_bucket_brigade* records = nullptr;   // from the filters below, not yet decrypted
  apr_bucket_brigade* outgoing = nullptr;  // for the filters below; empty between calls
  struct Place {
    apr_bucket* bucket;          // of outgoing, the first with these records before it
    std::size_t records_before;  // bytes of out()
  };
  std::vector<Place> places;             // in the order of outgoing
  std::size_t ticket_bytes = 0;          // in out() since the handshake, in no hurry
  Answers answers;                       // to requests on this connection itself
  Instant deadline;                      // of the handshake; then of the silence after it
  std::optional<Instant> read_deadline;  // of what is read of a request now
  bool failure_logged = false;
  bool waited_nearby = false;
  bool gave_no_answer = false;     // when it was asked again
  bool awaits_request = false;     // in the MPM, since the end of the handshake
  bool stays_with_worker = false;  // to its end: nobody polls any more (stopping_child.h)
  bool front_is_fed = false;       // the first bucket of records only keeps its bytes in memory
  bool drained = false;            // the last read from below took all there was
  std::string stand_in;            // for a plain HTTP request, as httpd is to see it
  std::size_t stand_in_given = 0;  // of it

  [[nodiscard]] conn_rec& connection() noexcept { return connection_; }
  /// In network order: 4 octets, or 16.
  [[nodiscard]] ByteView client_address() const noexcept;
  [[nodiscard]] Engine& engine() noexcept { return generation_.engine; }
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
  /// It was not TLS: there is nothing to show.
  void drop_view() noexcept { view_.ssl = nullptr; }
  /// After the client was asked again: nothing of what was read before is used any more.
  void refresh_view() noexcept;

  /// Ends the waiting for this client's bytes, from any thread.
  void stop_reading() noexcept;

  /// Logs why the connection failed, once.
  void log_failure() noexcept;
  void log_failure(Tp id, std::string evidence) noexcept;
  /// For what the client can cause again and again.
  void log_paced(LogSink& sink, const Error& error, std::string_view vhost) noexcept;

  // ConnectionServices
  LogSink& log() noexcept override { return log_; }
  const Clock& clock() noexcept override { return generation_.engine.clock(); }
  const Host* host_named(std::string_view server_name) override;
  void on_host(const Host& host) override;
  std::optional<std::size_t> select_protocol(const Host& host, ByteView offers) override;
  std::optional<ChallengeCertificate> challenge(std::string_view server_name) override;
  bool on_ssl(SSL& ssl) override;
  HandshakeEvents::Staple staple(const Host& host, SSL& ssl) override;
  SessionCache* session_cache(const Host& host) noexcept override {
    return generation_.sessions.cache(host.index);
  }
  TicketKeys* ticket_keys(const Host& host) noexcept override {
    return generation_.sessions.ticket_keys(host.index);
  }
  bool may_explain() noexcept override {
    return log_.enabled(Level::info) && engine().explanations.take(clock().steady()).has_value();
  }
  void on_secret(std::string_view line) noexcept override { engine().key_log.write(line); }
  BIO_METHOD& bio_method() noexcept override { return *generation_.engine.bio_method(); }
  void* application_data() noexcept override { return &connection_; }

 private:
  void wake() noexcept override { stop_reading(); }
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
