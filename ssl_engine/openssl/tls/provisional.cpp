// SPDX-License-Identifier: Apache-2.0
//
// Provisional: the result of verification is OpenSSL's until its call is over, because the session
// keeps that for good and nobody can write it there later; the session itself goes nowhere before
// accept().
#include "ssl_engine/openssl/tls/provisional.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "ssl_engine/openssl/tls/server_ssl.h"

namespace tlsplus {
namespace {

/// As OpenSSL answers what carry_out() of the verify callback notes.
int alert_for(ChainVerdict verdict) noexcept {
  return verdict == ChainVerdict::refuse_revoked ? SSL_AD_CERTIFICATE_REVOKED
                                                 : SSL_AD_HANDSHAKE_FAILURE;
}

long result_for(ChainVerdict verdict) noexcept {
  return verdict == ChainVerdict::refuse_revoked ? X509_V_ERR_CERT_REVOKED
                                                 : X509_V_ERR_APPLICATION_VERIFICATION;
}

}  // namespace

bool can_hold_back(const SSL& ssl) noexcept {
  return SSL_get_read_ahead(&ssl) == 0;
}

Provisional::Provisional(TlsStream& stream) noexcept
    : stream_(stream), written_(stream.out().size()), tickets_(SSL_get_num_tickets(&stream.ssl())) {
  stream_.hold_input();
  (void)SSL_set_num_tickets(&stream_.ssl(), 0);
}

bool Provisional::begin(StreamStatus status) {
  SSL& ssl = stream_.ssl();
  result_ = SSL_get_verify_result(&ssl);
  SSL_set_verify_result(&ssl, X509_V_ERR_APPLICATION_VERIFICATION);
  stream_.keep_unread();
  is_complete_ = status == StreamStatus::done;
  // Up to TLS 1.2 the record that ends a handshake comes after one of another kind, so that both
  // are held back; and nothing is sent before.
  const bool may_be_complete = is_tls13(ssl);
  return (may_be_complete || !is_complete_) && stream_.out().size() == written_;
}

void Provisional::accept() noexcept {
  SSL& ssl = stream_.ssl();
  SSL_set_verify_result(&ssl, result_);
  (void)SSL_set_num_tickets(&ssl, tickets_);
  for (std::size_t i = 0; is_complete_ && i < tickets_; ++i) (void)SSL_new_session_ticket(&ssl);
  stream_.release_input();
}

// The server's side of a handshake up to TLS 1.2 writes in plaintext until it has the client's
// Finished.
bool Provisional::refuse(ChainVerdict verdict) {
  SSL& ssl = stream_.ssl();
  SSL_set_verify_result(&ssl, result_for(verdict));
  alert_ = alert_for(verdict);
  if (is_tls13(ssl)) {
    stream_.release_input();
    return false;
  }
  const auto version = static_cast<unsigned>(SSL_version(&ssl));
  const Byte record[] = {
      SSL3_RT_ALERT, static_cast<Byte>(version >> 8U), static_cast<Byte>(version), 0, 2,
      SSL3_AL_FATAL, static_cast<Byte>(alert_)};
  stream_.out().append(record);
  return true;
}

StreamStatus Provisional::finish_refusal() noexcept {
  StreamStatus status = stream_.handshake();
  if (status != StreamStatus::done) return status;
  // Now the client may be sent something, and something may be wrong with it.
  (void)SSL_new_session_ticket(&stream_.ssl());
  status = stream_.handshake();
  if (status == StreamStatus::failed) return status;
  stream_.out().consume(stream_.out().size());
  return StreamStatus::failed;
}

}  // namespace tlsplus
