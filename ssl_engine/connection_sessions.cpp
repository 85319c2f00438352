// SPDX-License-Identifier: Apache-2.0
//
// The sessions of a connection: what they are bound to, how they are kept, and whether one that a
// client comes with is good.
#include "ssl_engine/connection.h"
#include "ssl_engine/openssl/server_ssl.h"
#include "ssl_engine/openssl/session.h"
#include "ssl_engine/openssl/session_info.h"
#include "ssl_scache/session_codec.h"

namespace tlsplus {

void Connection::bind_sessions_to(SSL& ssl, const SessionIdContext& context) noexcept {
  sessions_of_ = context;
  bind_sessions(ssl, context);
}

void Connection::store_session(SSL_SESSION& session) {
  SessionCache* cache = services_.session_cache();
  // A stateless ticket carries the session itself; OpenSSL still offers it here.
  if (cache == nullptr || issues_stateless_tickets(stream_.ssl())) return;
  if (remember_session(*cache, session) == Remembered::too_large) {
    log_error(services_.log(), diagnose(Tp::session_too_large, {}), serving_->name);
  }
}

Session Connection::find_session(ByteView id) {
  SessionCache* cache = services_.session_cache();
  Session session = cache == nullptr ? Session() : recall_session(*cache, id);
  if (session != nullptr) weigh(*session);
  return session;
}

void Connection::weigh(const SSL_SESSION& session) noexcept {
  if (as_text(session_context(session)) != as_text(sessions_of_)) {
    not_resumed_ = &TicketCounters::other_host;
  } else if (session_expiry(session) <= services_.clock().wall()) {
    not_resumed_ = &TicketCounters::expired;
  }
}

void Connection::on_ticket(const SSL_SESSION* session) {
  if (session != nullptr) {
    weigh(*session);
  } else if (has_ticket_key_) {
    not_resumed_ = &TicketCounters::damaged;
  }
}

void Connection::count_handshake() noexcept {
  TicketKeys* keys = services_.ticket_keys(*serving_);
  if (keys == nullptr) return;
  const auto count = [&](Counter counter) {
    (keys->counters().*counter).fetch_add(1, std::memory_order_relaxed);
  };
  if (is_resumed(stream_.ssl())) return count(&TicketCounters::resumed);
  count(&TicketCounters::full);
  if (not_resumed_ != nullptr) count(not_resumed_);
}

void Connection::forget_session(SSL_SESSION& session) {
  if (SessionCache* cache = services_.session_cache(); cache != nullptr) {
    tlsplus::forget_session(*cache, session);
  }
}

int Connection::ticket_key(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX& cipher,
                           EVP_MAC_CTX& mac, bool encrypt) {
  TicketKeys* keys = services_.ticket_keys(*serving_);
  if (keys == nullptr) return 0;
  constexpr int kUse = 1;
  constexpr int kUseAndRenew = 2;
  const int answer = on_ticket_key(*keys, name, iv, &cipher, &mac, encrypt ? 1 : 0);
  if (!encrypt) has_ticket_key_ = answer > 0;
  // A client shows a ticket of TLS 1.3 once, so that nobody can link its connections (RFC 8446
  // C.4); without another it could not resume the next time.
  return !encrypt && answer == kUse && is_tls13(stream_.ssl()) ? kUseAndRenew : answer;
}

}  // namespace tlsplus
