// SPDX-License-Identifier: Apache-2.0
//
// The sessions of a connection: what they are bound to, how they are kept, and whether one that a
// client comes with is good.
#include <algorithm>
#include <limits>

#include "ssl_engine/connection/connection.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session.h"
#include "ssl_engine/openssl/tls/session_client.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_scache/session_codec.h"

namespace tlsplus {

void Connection::bind_sessions_to(SSL& ssl, const SessionIdContext& context) noexcept {
  sessions_of_ = context;
  bind_sessions(ssl, context);
}

void Connection::finish_session(SSL_SESSION& session) {
  SSL& ssl = stream_.ssl();
  if (has_asked_again_ && !may_keep_answer()) unbind_session(session);
  note_client(ssl, session, is_verified(ssl) && !verifier_.was_lenient());
  // A ticket of TLS 1.3 brings the next one, and the life of all begins with the first handshake.
  if (is_tls13(ssl) && is_resumed(ssl)) end_session_at(session, resumable_until_);
}

// Made while a place asked for more than its host, it says nothing of a user's password, of ciphers
// that the host does not have, nor of what another host believes. The certificate is looked at
// whenever it comes back.
bool Connection::may_keep_answer() const noexcept {
  return serving_->passwords == nullptr && trust_ == serving_->trust.get() &&
         has_ciphers_of_context(stream_.ssl());
}

void Connection::store_session(SSL_SESSION& session) {
  SessionCache* cache = services_.session_cache(*serving_);
  // A stateless ticket carries the session itself; OpenSSL still offers it here.
  if (cache == nullptr || issues_stateless_tickets(stream_.ssl())) return;
  finish_session(session);
  const Remembered remembered = remember_session(*cache, session);
  if (remembered == Remembered::too_large) {
    log_error(services_.log(), diagnose(Tp::session_too_large, {}), serving_->name);
  } else if (remembered == Remembered::stored) {
    const ByteView id = session_id(session);
    kept_ids_.emplace_back(id.begin(), id.end());
  }
}

Session Connection::find_session(ByteView id) {
  SessionCache* cache = services_.session_cache(*serving_);
  Session session = cache == nullptr ? Session() : recall_session(*cache, id);
  if (session != nullptr && !may_resume(*session)) session.reset();
  if (session != nullptr) found_id_.assign(id.begin(), id.end());
  return session;
}

// Before the handshake is over anybody may have said so who has seen the id go by. A ticket cannot
// be taken back: only its key and its time end it.
void Connection::forget_sessions() {
  SessionCache* cache = services_.session_cache(*serving_);
  if (cache == nullptr || phase_ != Phase::established) return;
  if (is_resumed(stream_.ssl()) && !found_id_.empty()) cache->remove(found_id_);
  for (const Bytes& id : kept_ids_) cache->remove(id);
  found_id_.clear();
  kept_ids_.clear();
}

bool Connection::may_resume(const SSL_SESSION& session) {
  if (as_text(session_context(session)) != as_text(sessions_of_)) {
    not_resumed_ = &TicketCounters::other_host;
    return false;
  }
  resumable_until_ =
      std::min(session_expiry(session), session_start(session) + serving_->policy->session_timeout);
  if (resumable_until_ <= services_.clock().wall()) {
    not_resumed_ = &TicketCounters::expired;
    return false;
  }
  if (session_client(session) == nullptr || is_client_still_good(session)) return true;
  not_resumed_ = &TicketCounters::other_host;
  return false;
}

// What nobody asks for in the handshake may be of any depth. A place asks for less, and is told how
// deep the chain is.
bool Connection::is_client_still_good(const SSL_SESSION& session) {
  const auto noted = noted_client(session);
  const VerifyRules& of_host = verifier_.rules();
  const bool is_forgiven = of_host.mode == VerifyMode::optional_no_ca;
  if (!noted || (!noted->is_verified && !is_forgiven)) return false;
  VerifyRules rules = of_host;
  if (noted->is_verified) rules.mode = VerifyMode::require;
  if (of_host.mode == VerifyMode::none) rules.depth = std::numeric_limits<int>::max();
  Verifier verifier;
  verifier.begin(rules);
  int deepest = 0;
  const bool passes =
      session_passes(stream_.ssl(), session, *noted->others, [&](const ChainStep& step) {
        deepest = std::max(deepest, step.depth);
        return verifier.judge(step);
      });
  if (passes && of_host.mode == VerifyMode::none) {
    rules = of_host;
    rules.depth = deepest;
    verifier_.begin(rules);
  }
  return passes;
}

bool Connection::on_ticket(const SSL_SESSION* session) {
  if (session != nullptr) return may_resume(*session);
  if (has_ticket_key_) not_resumed_ = &TicketCounters::damaged;
  return false;
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
