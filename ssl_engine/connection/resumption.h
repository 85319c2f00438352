// SPDX-License-Identifier: Apache-2.0
//
// Resumption: the sessions of one connection: what they are bound to, how they are kept, and
// whether one that the client comes with is good. It answers OpenSSL's questions about them itself.
// A session that is good for the cache or the ticket key is not good yet: what holds today decides,
// not what held when it was made.
#pragma once

#include <atomic>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/openssl/tls/callbacks.h"
#include "ssl_engine/trust/verifier.h"
#include "ssl_scache/session_cache.h"
#include "ssl_scache/ticket_keys.h"

namespace tlsplus {

/// Where one virtual host has the sessions of its clients. Borrowed.
struct HostSessions {
  SessionCache* cache = nullptr;  // null: it keeps none
  TicketKeys* tickets = nullptr;  // null: it issues and accepts none
};

/// Belongs to its connection's thread.
class Resumption final : public SessionEvents {
 public:
  /// `verifier` is the connection's and says what is asked of the client now. All must outlive
  /// this.
  Resumption(const Clock& clock, LogSink& log, Verifier& verifier) noexcept
      : clock_(clock), log_(log), verifier_(verifier) {}

  /// The host of the handshake is known; nothing was read by `ssl` yet.
  void begin(SSL& ssl, const Host& host, HostSessions sessions) noexcept;
  /// The client claims to be a user of TLS-SRP: the sessions are that user's alone. `extension` is
  /// the body; its data() is null if it was not sent.
  void bind_to_user(SSL& ssl, ByteView extension);
  /// From now on more is asked of the client than its host does.
  void begin_asking() noexcept { has_asked_again_ = true; }
  /// Between the two no session is kept: the client is in doubt.
  void hold() noexcept { is_held_ = true; }
  void release() noexcept { is_held_ = false; }
  /// The handshake came to its end.
  void count(const SSL& ssl) noexcept;
  /// A fatal alert came after the handshake (RFC 5246 7.2.2): takes the connection's sessions out
  /// of the cache. A ticket cannot be taken back: only its key and its time end it.
  void forget(const SSL& ssl) noexcept;
  /// "resumed", or "new" and why, for a trace.
  [[nodiscard]] const char* outcome(const SSL& ssl) const noexcept;

  // SessionEvents
  void finish(SSL& ssl, SSL_SESSION& session) override;
  void store(SSL& ssl, SSL_SESSION& session) override;
  Session find(SSL& ssl, ByteView id) override;
  int ticket_key(SSL& ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX& cipher,
                 EVP_MAC_CTX& mac, bool encrypt) override;
  bool weigh_ticket(SSL& ssl, const SSL_SESSION* session) override;

 private:
  using Counter = std::atomic<std::uint64_t> TicketCounters::*;

  void bind(SSL& ssl, const SessionIdContext& context) noexcept;
  /// Judges a session that the client came with by what holds today, and notes what is wrong.
  bool weigh(SSL& ssl, const SSL_SESSION& session);
  bool is_client_still_good(SSL& ssl, const SSL_SESSION& session);
  /// Whether a session that was made after asking again may be resumed.
  [[nodiscard]] bool may_keep_answer(SSL& ssl) const noexcept;

  const Clock& clock_;
  LogSink& log_;
  Verifier& verifier_;
  const Host* host_ = nullptr;
  HostSessions sessions_;
  SessionIdContext bound_to_{};
  Counter not_resumed_ = nullptr;  // why, should it come to a full handshake
  bool has_ticket_key_ = false;    // for the ticket that the client came with
  bool has_asked_again_ = false;
  bool is_held_ = false;
  WallTime resumable_until_{};   // the session that the client came with
  Bytes found_id_;               // its id, if it was in the cache
  std::vector<Bytes> kept_ids_;  // of sessions that were put there
};

}  // namespace tlsplus
