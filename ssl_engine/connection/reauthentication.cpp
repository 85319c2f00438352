// SPDX-License-Identifier: Apache-2.0
//
// Reauthentication: whether the client has answered shows in its Finished message, which every
// handshake changes. The verifier as it was is put aside until then, for who gives no answer.
#include "ssl_engine/connection/reauthentication.h"

#include <utility>

#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session_client.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

void Reauthentication::note_hello(SSL& ssl, const Policy& policy) noexcept {
  offers_post_handshake_auth_ = offers_post_handshake_auth(ssl);
  allows_insecure_renegotiation_ = policy.insecure_renegotiation;
}

ReauthenticationSupport Reauthentication::support() const noexcept {
  const SSL& ssl = stream_.ssl();
  if (is_tls13(ssl)) {
    return offers_post_handshake_auth_ ? ReauthenticationSupport::yes
                                       : ReauthenticationSupport::no_post_handshake_auth;
  }
  return has_secure_renegotiation(ssl) || allows_insecure_renegotiation_
             ? ReauthenticationSupport::yes
             : ReauthenticationSupport::no_secure_renegotiation;
}

Shown Reauthentication::shown() const noexcept {
  const SSL& ssl = stream_.ssl();
  const bool has_certificate = peer_certificate(ssl) != nullptr;
  return {.rules = verifier_.rules(),
          .trust = verifier_.trust(),
          .has_certificate = has_certificate,
          .is_verified = has_certificate && is_verified(ssl) && !verifier_.was_lenient()};
}

bool Reauthentication::would_pass(const VerifyRules& rules, const TrustStore* trust) const {
  if (trust == nullptr) return false;
  Verifier verifier;
  VerifyRules again = rules;
  again.ocsp = nullptr;  // it has passed in this connection, or in weighing its session
  verifier.begin(again, trust);
  return client_passes(stream_.ssl(), *trust->store,
                       [&](const ChainStep& step) { return verifier.judge(step); });
}

bool Reauthentication::begin(const VerifyRules& rules, std::shared_ptr<const TrustStore> trust) {
  SSL& ssl = stream_.ssl();
  finished_before_ = finished_mark(ssl);
  verifier_before_ = std::exchange(verifier_, {});
  trust_before_ = std::exchange(trust_, std::move(trust));
  verifier_.begin(rules, trust_.get());
  resumption_.begin_asking();
  // In TLS 1.3 a client without certificate can be told in an answer, and OpenSSL need not insist.
  const AskClient ask = asking(rules.mode);
  ask_client(ssl, is_tls13(ssl) && ask == AskClient::insist ? AskClient::yes : ask,
             trust_ == nullptr ? nullptr : trust_->store.get(),
             trust_ == nullptr ? nullptr : trust_->names.get());
  return begin_asking(ssl);
}

bool Reauthentication::is_answered() const noexcept {
  return is_at_rest() && finished_mark(stream_.ssl()) != finished_before_;
}

bool Reauthentication::is_at_rest() const noexcept {
  return end_.phase() == Phase::established && tlsplus::is_at_rest(stream_.ssl());
}

bool Reauthentication::finish() noexcept {
  end_asking(stream_.ssl());
  if (!is_answered()) {
    verifier_ = std::move(verifier_before_);
    trust_ = std::move(trust_before_);
    return false;
  }
  // Here the result keeps what was forgiven, in all versions: SSL_CLIENT_VERIFY says FAILED with
  // the reason, as it does with mod_ssl.
  return verifier_.accepts_peer(stream_.ssl());
}

}  // namespace tlsplus
