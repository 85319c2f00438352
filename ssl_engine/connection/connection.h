// SPDX-License-Identifier: Apache-2.0
//
// Connection: the server's end of a TLS connection, without sockets, pools or threads. Beyond what
// any end does it reads the ClientHello, chooses the virtual host, asks for certificates, and knows
// why it failed. A client back to back with it in memory does a complete handshake, which is how
// most of this is tested.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/connection/engine.h"
#include "ssl_engine/connection/first_hello.h"
#include "ssl_engine/connection/presented_certificates.h"
#include "ssl_engine/connection/reauthentication.h"
#include "ssl_engine/connection/resumption.h"
#include "ssl_engine/connection/tls_end.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/tls/client_hello.h"
#include "ssl_engine/openssl/tls/provisional.h"
#include "ssl_engine/openssl/tls/tls_stream.h"
#include "ssl_engine/trust/verifier.h"

namespace tlsplus {

/// A certificate for one connection only (RFC 8737), shown instead of the host's own.
struct ChallengeCertificate {
  Cert leaf;
  Pkey key;
};

/// What a connection asks of the server that it belongs to, for itself alone; what all connections
/// share is in the Engine. All answers come from memory.
class ConnectionServices {
 public:
  ConnectionServices() = default;
  ConnectionServices(const ConnectionServices&) = delete;
  ConnectionServices& operator=(const ConnectionServices&) = delete;
  virtual ~ConnectionServices() = default;

  virtual LogSink& log() noexcept = 0;
  /// The host of this address with that name; null if nobody has it.
  virtual const Host* host_named(std::string_view server_name) = 0;
  /// The host is known; nothing was sent yet.
  virtual void on_host(const Host& host) = 0;
  /// Chooses among ALPN `offers` (length-prefixed, well formed) and switches the connection to
  /// it; the offset of the chosen length byte, nullopt for none.
  virtual std::optional<std::size_t> select_protocol(const Host& host, ByteView offers) = 0;
  /// After select_protocol(): the certificate that answers an ACME challenge, if this is one.
  virtual std::optional<ChallengeCertificate> challenge(std::string_view server_name) = 0;
  /// The SSL is made and not used yet; false gives the connection up.
  virtual bool on_ssl(SSL& ssl) = 0;
  virtual ServerEvents::Staple staple(const Host& host, SSL& ssl) = 0;
};

/// Belongs to one thread at a time. Must not move.
class Connection final : public TlsEnd, public ServerEvents {
 public:
  /// `base` is the default host of the address and belongs to `snapshot`, which is held until
  /// the connection ends. `engine` and `services` must outlive the connection.
  Connection(Engine& engine, std::shared_ptr<const Snapshot> snapshot, const Host& base,
             ConnectionServices& services);
  ~Connection() override;

  // TlsEnd
  [[nodiscard]] bool speaks_first() const noexcept override { return false; }
  // Requests of HTTP/2 streams ask while the connection goes on.
  [[nodiscard]] Phase phase() const noexcept override {
    return phase_.load(std::memory_order_relaxed);
  }
  void feed(ByteView records) override;
  [[nodiscard]] ByteView unread() const noexcept override { return stream_.unread(); }
  void end_input() noexcept override;
  bool advance() override;
  [[nodiscard]] bool awaits_verdict() const noexcept override;
  void wait_for_verdict() noexcept override;
  void end_waiting(std::string_view why) noexcept override;
  ByteQueue& out() noexcept override { return stream_.out(); }
  [[nodiscard]] bool must_flush_now() const noexcept override;
  StreamStatus decrypt(MutableByteView into, std::size_t& count) override;
  // Clients may not begin one, and who asks them again waits for the answer.
  [[nodiscard]] bool is_in_record() const noexcept override { return stream_.is_in_record(); }
  [[nodiscard]] bool may_encrypt() const noexcept override { return true; }
  StreamStatus encrypt(ByteView bytes, std::size_t record_bytes) override;
  void send_close_notify() noexcept override;
  void close_quietly() noexcept override;
  [[nodiscard]] bool close_notify_sent() const noexcept override;
  void release_buffers() noexcept override;
  [[nodiscard]] Error failure() const override;

  /// Responders that need no longer than this may be asked while nobody waits in advance(): then
  /// awaits_verdict(), for inquiry(). Negative, as at the beginning: none.
  void allow_inquiries(std::chrono::seconds longest) noexcept { longest_inquiry_ = longest; }
  [[nodiscard]] const std::shared_ptr<Inquiry>& inquiry() const noexcept { return inquiry_; }
  /// Why the client is refused, while it cannot be told yet; nullopt: it is not.
  [[nodiscard]] std::optional<Error> untold_refusal() const;

  /// Asks the client again: Reauthentication::begin(). False: failed.
  bool reauthenticate(const VerifyRules& rules, std::shared_ptr<const TrustStore> trust);
  Reauthentication& reauthentication() noexcept { return reauthentication_; }

  /// The host whose settings govern the requests; its engine may be off.
  [[nodiscard]] const Host& host() const noexcept { return *host_; }
  [[nodiscard]] const Snapshot& snapshot() const noexcept { return *snapshot_; }
  [[nodiscard]] bool has_server_name() const noexcept { return has_server_name_; }
  /// As received; escape it before it is shown.
  [[nodiscard]] const std::string& server_name() const noexcept { return server_name_; }
  [[nodiscard]] bool answers_challenge() const noexcept { return answers_challenge_; }
  /// What the client has sent in plain HTTP so far, at most kMostPlainRequest bytes of it; only in
  /// Phase::plain_http.
  [[nodiscard]] ByteView plain_request() const noexcept { return first_.plain_request(); }
  /// The client's first hello, for hello_part(). Empty unless the host has client_hello_vars.
  [[nodiscard]] ByteView client_hello() const noexcept { return kept_hello_; }
  /// Null until the ClientHello was read.
  [[nodiscard]] SSL* ssl() const noexcept { return stream_.is_open() ? &stream_.ssl() : nullptr; }
  /// What the last verification of a client certificate forgave or refused.
  [[nodiscard]] const Verifier& verifier() const noexcept { return verifier_; }
  [[nodiscard]] std::chrono::microseconds handshake_time() const noexcept { return took_; }

  // ServerEvents
  LogSink& log() noexcept override { return services_.log(); }
  HelloVerdict on_client_hello(SSL& ssl, const ClientHelloView& hello, int& alert) override;
  std::optional<std::size_t> choose_protocol(ByteView offers) override;
  Staple staple() override;
  SessionEvents& sessions() noexcept override { return resumption_; }
  const SrpUsers* srp_users(SSL& ssl) override;
  [[nodiscard]] std::optional<int> alert_instead_of_ticket() const noexcept override;
  ChainVerdict judge(const ChainStep& step) override;
  void on_secret(std::string_view line) noexcept override { engine_.key_log.write(line); }
  void on_alert(bool sent, int packed) noexcept override;

 private:
  void refuse_large_hello();
  void open(const ClientHello& hello);
  void choose_host(const ClientHello& hello);
  void note_offers(ByteView offers);
  /// Once, and as late as may be: httpd's modules look at version and cipher before they take a
  /// connection (RFC 9113 9.2), and these are agreed when OpenSSL asks for the protocol.
  void settle_offer();
  /// What of the host is not in its context.
  bool set_up(SSL& ssl, const std::optional<ChallengeCertificate>& challenge);
  HelloVerdict adopt(SSL& ssl, const ClientHelloView& hello, int& alert);
  void fail(Tp id, std::string reason) noexcept;
  void fail_in_openssl() noexcept;
  /// True if it was the user name or the password of SRP, which is then told.
  bool fail_in_srp();
  void explain_failure(const Error& error, bool nothing_in_common);
  /// True if there is room in the log for a long line about a handshake that failed.
  [[nodiscard]] bool may_explain() noexcept;
  [[nodiscard]] Where where_clients_are_asked() const;
  /// advance() without what it has to tidy up afterwards.
  bool take_step();
  bool go_on(StreamStatus status);
  /// OpenSSL has accepted a client for the time being; false: that went wrong.
  bool begin_inquiry(StreamStatus status);
  /// Goes on with a client in doubt as far as what is known allows.
  bool settle_doubt();
  bool refuse_in_doubt(StreamStatus status);
  void finish_handshake();
  void trace_choice(bool is_named);
  void trace_end();

  Engine& engine_;
  std::shared_ptr<const Snapshot> snapshot_;
  ConnectionServices& services_;
  const Host& base_;
  const Host* host_;
  const Host* serving_;
  TlsStream stream_;
  FirstHello first_;
  Bytes kept_hello_;  // a copy for the variables
  std::string server_name_;
  std::string offers_;  // ALPN as sent
  std::optional<std::size_t> chosen_offer_;
  bool offer_is_settled_ = false;
  Error failure_;
  Verifier verifier_;
  std::optional<Provisional> doubt_;  // about the client of a handshake under way
  std::shared_ptr<Inquiry> inquiry_;  // what it waits for; perhaps another connection's
  std::chrono::seconds longest_inquiry_{-1};
  std::optional<std::string> given_up_;  // why it does not wait
  bool is_refused_ = false;              // and cannot be told yet
  Resumption resumption_;
  Reauthentication reauthentication_;
  unsigned renegotiations_refused_ = 0;
  Instant began_;
  std::chrono::microseconds took_{0};
  int alert_sent_ = -1;
  int alert_received_ = -1;
  std::atomic<Phase> phase_ = Phase::hello;
  bool has_read_hello_ = false;  // false: only OpenSSL could
  bool has_server_name_ = false;
  bool answers_challenge_ = false;
  bool renegotiation_told_ = false;
  Presented presented_ = Presented::yes;
};

}  // namespace tlsplus
