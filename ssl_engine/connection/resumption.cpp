// SPDX-License-Identifier: Apache-2.0
//
// Resumption: the answers to OpenSSL's questions about sessions. They come to a cache, a key, and
// what is remembered of the client.
#include "ssl_engine/connection/resumption.h"

#include <algorithm>
#include <limits>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/tls/renegotiation.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session.h"
#include "ssl_engine/openssl/tls/session_client.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_scache/session_codec.h"

namespace tlsplus {

void Resumption::begin(SSL& ssl, const Host& host, HostSessions sessions) noexcept {
  host_ = &host;
  sessions_ = sessions;
  bind(ssl, host.session_id_context);
}

void Resumption::bind(SSL& ssl, const SessionIdContext& context) noexcept {
  bound_to_ = context;
  bind_sessions(ssl, context);
}

// OpenSSL believes the name in the ClientHello that resumes a session, and nothing else would be
// proved.
void Resumption::bind_to_user(SSL& ssl, ByteView extension) {
  const SessionIdContext& of_host = host_->session_id_context;
  if (extension.data() == nullptr) return bind(ssl, of_host);
  bind(ssl, sha256(as_bytes(text(as_text(of_host), as_text(extension)))));
}

void Resumption::finish(SSL& ssl, SSL_SESSION& session) {
  if (has_asked_again_ && !may_keep_answer(ssl)) unbind_session(session);
  note_client(ssl, session, is_verified(ssl) && !verifier_.was_lenient());
  // A ticket of TLS 1.3 brings the next one, and the life of all begins with the first handshake.
  if (is_tls13(ssl) && is_resumed(ssl)) end_session_at(session, resumable_until_);
}

// Made while a place asked for more than its host, it says nothing of a user's password, of ciphers
// that the host does not have, nor of what another host believes. The certificate is looked at
// whenever it comes back.
bool Resumption::may_keep_answer(SSL& ssl) const noexcept {
  return host_->passwords == nullptr && verifier_.trust() == host_->trust.get() &&
         has_ciphers_of_context(ssl);
}

void Resumption::store(SSL& ssl, SSL_SESSION& session) {
  // A stateless ticket carries the session itself; OpenSSL still offers it here.
  if (is_held_ || sessions_.cache == nullptr || issues_stateless_tickets(ssl)) return;
  finish(ssl, session);
  const Remembered remembered = remember_session(*sessions_.cache, session);
  if (remembered == Remembered::too_large) {
    log_error(log_, diagnose(Tp::session_too_large, {}), host_->name);
  } else if (remembered == Remembered::stored) {
    const ByteView id = session_id(session);
    kept_ids_.emplace_back(id.begin(), id.end());
  }
}

Session Resumption::find(SSL& ssl, ByteView id) {
  if (sessions_.cache == nullptr) return nullptr;
  Session session = recall_session(*sessions_.cache, id);
  if (session != nullptr && !weigh(ssl, *session)) session.reset();
  if (session != nullptr) found_id_.assign(id.begin(), id.end());
  return session;
}

void Resumption::forget(const SSL& ssl) noexcept {
  if (sessions_.cache == nullptr) return;
  if (is_resumed(ssl) && !found_id_.empty()) sessions_.cache->remove(found_id_);
  for (const Bytes& id : kept_ids_) sessions_.cache->remove(id);
  found_id_.clear();
  kept_ids_.clear();
}

bool Resumption::weigh(SSL& ssl, const SSL_SESSION& session) {
  if (as_text(session_context(session)) != as_text(bound_to_)) {
    not_resumed_ = &TicketCounters::other_host;
    return false;
  }
  resumable_until_ =
      std::min(session_expiry(session), session_start(session) + host_->policy->session_timeout);
  if (resumable_until_ <= clock_.wall()) {
    not_resumed_ = &TicketCounters::expired;
    return false;
  }
  if (session_client(session) == nullptr || is_client_still_good(ssl, session)) return true;
  not_resumed_ = &TicketCounters::other_host;
  return false;
}

// What nobody asks for in the handshake may be of any depth. A place asks for less, and is told how
// deep the chain is.
bool Resumption::is_client_still_good(SSL& ssl, const SSL_SESSION& session) {
  const auto noted = noted_client(session);
  const VerifyRules& of_host = verifier_.rules();
  const bool is_forgiven = of_host.mode == VerifyMode::optional_no_ca;
  if (!noted || (!noted->is_verified && !is_forgiven)) return false;
  VerifyRules rules = of_host;
  if (noted->is_verified) rules.mode = VerifyMode::require;
  if (of_host.mode == VerifyMode::none) rules.depth = std::numeric_limits<int>::max();
  rules.only_known = true;
  Verifier verifier;
  verifier.begin(rules, verifier_.trust());
  int deepest = 0;
  const bool passes = session_passes(ssl, session, *noted->others, [&](const ChainStep& step) {
    deepest = std::max(deepest, step.depth);
    return verifier.judge(step);
  });
  if (passes && of_host.mode == VerifyMode::none) {
    rules = of_host;
    rules.depth = deepest;
    verifier_.begin(rules, verifier_.trust());
  }
  return passes;
}

bool Resumption::weigh_ticket(SSL& ssl, const SSL_SESSION* session) {
  if (session != nullptr) return weigh(ssl, *session);
  if (has_ticket_key_) not_resumed_ = &TicketCounters::damaged;
  return false;
}

int Resumption::ticket_key(SSL& ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX& cipher,
                           EVP_MAC_CTX& mac, bool encrypt) {
  if (sessions_.tickets == nullptr) return kNoTicketKey;
  const int answer = on_ticket_key(*sessions_.tickets, name, iv, cipher, mac, encrypt);
  if (encrypt) return answer;
  has_ticket_key_ = answer != kNoTicketKey;
  // A client shows a ticket of TLS 1.3 once, so that nobody can link its connections (RFC 8446
  // C.4); without another it could not resume the next time.
  return has_ticket_key_ && is_tls13(ssl) ? kUseAndRenewTicket : answer;
}

void Resumption::count(const SSL& ssl) noexcept {
  if (sessions_.tickets == nullptr) return;
  TicketCounters& counters = sessions_.tickets->counters();
  const auto add = [&](Counter counter) {
    (counters.*counter).fetch_add(1, std::memory_order_relaxed);
  };
  if (is_resumed(ssl)) return add(&TicketCounters::resumed);
  add(&TicketCounters::full);
  if (not_resumed_ != nullptr) add(not_resumed_);
}

const char* Resumption::outcome(const SSL& ssl) const noexcept {
  if (is_resumed(ssl)) return "resumed";
  if (not_resumed_ == nullptr) return "new";
  if (not_resumed_ == &TicketCounters::other_host)
    return "new, the session is of other rules, or its client's certificate is no longer good";
  if (not_resumed_ == &TicketCounters::expired) return "new, the session is too old";
  return "new, the ticket is damaged";
}

}  // namespace tlsplus
