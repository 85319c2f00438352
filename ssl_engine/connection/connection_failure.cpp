// SPDX-License-Identifier: Apache-2.0
//
// Connection's failure: OpenSSL's words, and beside them what it does not say. The first
// answer that fits is given: a user, a key, a certificate, nothing in common.
#include <new>

#include "ssl_engine/base/text.h"
#include "ssl_engine/connection/connection.h"
#include "ssl_engine/connection/first_bytes.h"
#include "ssl_engine/connection/handshake_mismatch.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/tls/srp.h"
#include "ssl_engine/trust/password_store.h"

namespace tlsplus {
namespace {

// Octets of a line. With id, host, alert and what to do it stays below 700, whatever a peer sends.
constexpr std::size_t kMostSaid = 340;
constexpr std::size_t kMostOfName = 80;

}  // namespace

void Connection::fail(Tp id, std::string reason) noexcept {
  const bool was_established = phase_ == Phase::established;
  phase_ = Phase::failed;
  try {
    failure_ = diagnose(was_established && id == Tp::handshake_failed ? Tp::records_failed : id,
                        std::move(reason));
  } catch (const std::bad_alloc&) {
    failure_.id = static_cast<MessageId>(id);
  }
}

void Connection::fail_in_openssl() noexcept {
  try {
    if (fail_in_srp()) return;
    if (presented_ == Presented::without_keys && is_our_fault(alert_sent_)) {
      clear_openssl_errors();
      fail(Tp::token_key_away, {});
      return;
    }
    const bool is_missing = is_missing_certificate_error();
    const bool nothing_in_common = is_nothing_in_common_error();
    const Error error = openssl_error({});
    if (!verifier_.refusal().empty()) {
      fail(verifier_.refusal_id(), verifier_.refusal());
      failure_.where = where_clients_are_asked();
      return;
    }
    if (is_missing) {
      fail(Tp::client_certificate_missing, {});
      failure_.where = where_clients_are_asked();
      return;
    }
    const bool was_handshake = phase_ == Phase::handshake;
    explain_failure(error, nothing_in_common);
    if (was_handshake && is_our_fault(alert_sent_) && !answers_challenge_) {
      doubt_token_keys(*serving_, engine_.clock().steady(), services_.log());
    }
  } catch (const std::bad_alloc&) {
    fail(Tp::handshake_failed, {});
  }
}

bool Connection::fail_in_srp() {
  if (phase_ == Phase::established || serving_->passwords == nullptr) return false;
  const std::string_view user = srp_claim(stream_.ssl());
  if (user.empty()) return false;
  if (!serving_->passwords->users->contains(user)) {
    fail(Tp::srp_user_unknown, quote(user));
  } else if (is_wrong_key_error()) {
    fail(Tp::srp_password_wrong, quote(user));
  } else {
    return false;
  }
  clear_openssl_errors();
  return true;
}

bool Connection::may_explain() noexcept {
  return services_.log().enabled(Level::info) &&
         engine_.explanations.take(engine_.clock().steady()).has_value();
}

void Connection::explain_failure(const Error& error, bool nothing_in_common) {
  if (const FirstBytes told = recognise(first_.first_bytes()); !told.what.empty()) {
    fail(Tp::handshake_failed, text(told.what, "; OpenSSL: ", error.what));
    failure_.hint = told.hint;
    return;
  }
  const bool is_ours = !nothing_in_common && is_internal_error(alert_sent_);
  fail(is_ours ? Tp::handshake_broken_here : Tp::handshake_failed, error.what);
  failure_.hint = error.hint;
  if (nothing_in_common && !first_.body().empty() && may_explain()) {
    // The cause first. OpenSSL's words follow, for people search for them.
    const HandshakeMismatch gap = explain_gap(first_.body(), stream_.ssl(), *serving_);
    failure_.what =
        text(gap.reason, gap.reason.empty() ? "" : "; ", "OpenSSL: ", error.what, "; ", gap.offers);
    if (!gap.hint.empty()) failure_.hint = gap.hint;
  } else if (const int bits = alert_received_ < 0 ? 0 : dhe_bits_in_handshake(stream_.ssl());
             bits != 0) {
    failure_.what += text("; the client was sent DH parameters of ", bits, " bits");
    failure_.hint =
        "old clients, as Java 7, take no more than 1024 bits: let them use ECDHE, or put "
        "DH PARAMETERS that they take into the first SSLCertificateFile";
  }
}

/// The SSLVerifyClient line of the host, if one is known.
Where Connection::where_clients_are_asked() const {
  return serving_->config == nullptr ? Where() : serving_->config->verify_client.where();
}

Error Connection::failure() const {
  Error described = failure_;
  described.what = cut(std::move(described.what), kMostSaid);
  if (has_server_name_) {
    described.what += text(described.what.empty() ? "" : "; ", "server name ",
                           cut(quote(server_name_), kMostOfName));
  }
  if (alert_sent_ >= 0) described.what += text("; alert sent: ", alert_name(alert_sent_));
  if (alert_received_ >= 0) {
    described.what += text("; alert received: ", alert_name(alert_received_));
  }
  return described;
}

}  // namespace tlsplus
