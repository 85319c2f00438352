// SPDX-License-Identifier: Apache-2.0
//
// ProbeClient: a client that verifies nothing (SSL_VERIFY_NONE), so that OpenSSL goes on whatever
// it thinks of the certificate.
#include "ssl_engine/openssl/tls/probe_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <array>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/client_ssl.h"

namespace tlsplus {
namespace {

extern "C" {

// SSL_CTX_set_client_cert_cb(3): called when the server asks and there is no certificate, so it is
// how the question is noticed.
static int tlsplus_certificate_asked(SSL* ssl, X509**, EVP_PKEY**) noexcept {
  auto* const client = static_cast<ProbeClient*>(SSL_get_app_data(ssl));
  if (client != nullptr) client->note_certificate_request();
  return 0;
}

// The judgement is made afterwards, and once.
static int tlsplus_accept_any(X509_STORE_CTX*, void*) noexcept {
  return 1;
}

// BIO_set_callback_ex(3): what the socket gave, before OpenSSL judges it.
static long tlsplus_bytes_came(BIO* bio, int operation, const char* bytes, std::size_t, int, long,
                               int result, std::size_t* count) noexcept {
  auto* const client = reinterpret_cast<ProbeClient*>(BIO_get_callback_arg(bio));
  if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && client != nullptr) {
    client->note_bytes({bytes, *count});
  }
  return result;
}

}  // extern "C"

bool limit_versions(SSL_CTX& context, const ClientOffer& offer) noexcept {
  if (SSL_CTX_set_min_proto_version(&context, offer.lowest) != 1 ||
      SSL_CTX_set_max_proto_version(&context, offer.highest) != 1) {
    return false;
  }
  return !offer.weak || SSL_CTX_set_cipher_list(&context, "ALL:@SECLEVEL=0") == 1;
}

bool show_certificate(SSL& ssl, const ClientOffer& offer) noexcept {
  if (offer.certificate == nullptr) return true;
  if (SSL_use_certificate(&ssl, offer.certificate) != 1 ||
      SSL_use_PrivateKey(&ssl, offer.key) != 1) {
    return false;
  }
  for (const Cert& cert : offer.chain) {
    if (SSL_add1_chain_cert(&ssl, cert.get()) != 1) return false;
  }
  SSL_set_post_handshake_auth(&ssl, 1);
  return true;
}

/// By the signatures that it says it knows.
bool take_only(SSL& ssl, std::string_view key_type) noexcept {
  struct Kind {
    std::string_view type;
    const char* signatures;
  };
  static constexpr auto kKinds = std::to_array<Kind>(
      {{"RSA", "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512"},
       {"EC", "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512"},
       {"ED25519", "ed25519"},
       {"ED448", "ed448"}});
  for (const Kind& kind : kKinds) {
    if (kind.type == key_type) return SSL_set1_sigalgs_list(&ssl, kind.signatures) == 1;
  }
  return true;
}

bool make_offer(SSL& ssl, const ClientOffer& offer) {
  return take_only(ssl, offer.key_type) && (offer.name.empty() || ask_for_name(ssl, offer.name)) &&
         (offer.protocols.empty() || offer_protocols(ssl, offer.protocols)) &&
         SSL_set_tlsext_status_type(&ssl, TLSEXT_STATUSTYPE_ocsp) == 1 &&
         show_certificate(ssl, offer) &&
         (offer.session == nullptr || offer_session(ssl, *offer.session));
}

}  // namespace

Status ProbeClient::open(const ClientOffer& offer, int socket) {
  clear_openssl_errors();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (context_ == nullptr || !limit_versions(*context_, offer)) {
    return openssl_error("cannot make a TLS client");
  }
  SSL_CTX_set_cert_verify_callback(context_.get(), &tlsplus_accept_any, nullptr);
  SSL_CTX_set_client_cert_cb(context_.get(), &tlsplus_certificate_asked);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY);
  ssl_.reset(SSL_new(context_.get()));
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket) != 1 || !make_offer(*ssl_, offer)) {
    return openssl_error("cannot make a TLS client");
  }
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_read_ahead(ssl_.get(), 1);  // so that the first read gets more than a record's header
  BIO_set_callback_ex(SSL_get_rbio(ssl_.get()), &tlsplus_bytes_came);
  BIO_set_callback_arg(SSL_get_rbio(ssl_.get()), reinterpret_cast<char*>(this));
  SSL_set_connect_state(ssl_.get());
  return {};
}

void ProbeClient::note_bytes(std::string_view bytes) noexcept {
  if (first_size_ == 0) first_size_ = bytes.copy(first_.data(), first_.size());
}

ClientStep ProbeClient::after(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return ClientStep::done;
    case SSL_ERROR_WANT_READ:
      return ClientStep::want_read;
    case SSL_ERROR_WANT_WRITE:
      return ClientStep::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return ClientStep::closed;
    default:
      return ClientStep::failed;
  }
}

ClientStep ProbeClient::handshake() noexcept {
  clear_openssl_errors();
  return after(SSL_do_handshake(ssl_.get()));
}

ClientStep ProbeClient::read(MutableByteView into, std::size_t& count) noexcept {
  clear_openssl_errors();
  count = 0;
  return after(SSL_read_ex(ssl_.get(), into.data(), into.size(), &count));
}

ClientStep ProbeClient::write(ByteView bytes, std::size_t& count) noexcept {
  clear_openssl_errors();
  count = 0;
  return after(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count));
}

void ProbeClient::close() noexcept {
  (void)SSL_shutdown(ssl_.get());
  clear_openssl_errors();
}

Session ProbeClient::session() const noexcept {
  Session session(SSL_get1_session(ssl_.get()));
  if (session != nullptr && SSL_SESSION_is_resumable(session.get()) != 1) session.reset();
  return session;
}

ClientFailure client_failure() {
  ClientFailure failure;
  const unsigned long code = ERR_peek_last_error();
  failure.ended = code == 0 || ERR_SYSTEM_ERROR(code) ||
                  (ERR_GET_LIB(code) == ERR_LIB_SSL &&
                   ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
    const int reason = ERR_GET_REASON(code);
    failure.not_tls = reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                      reason == SSL_R_PACKET_LENGTH_TOO_LONG;
    if (reason > SSL_AD_REASON_OFFSET) failure.alert = reason - SSL_AD_REASON_OFFSET;
  }
  failure.reason = openssl_error({}).what;
  if (failure.reason.starts_with(": ")) failure.reason.erase(0, 2);
  return failure;
}

std::string server_signature(SSL& ssl) {
  int type = NID_undef;
  int digest = NID_undef;
  if (SSL_get_peer_signature_type_nid(&ssl, &type) != 1 || type == NID_undef) return {};
  (void)SSL_get_peer_signature_nid(&ssl, &digest);
  std::string words = type == EVP_PKEY_RSA_PSS ? "RSA-PSS"
                      : type == EVP_PKEY_EC    ? "ECDSA"
                                               : OBJ_nid2sn(type);
  clear_openssl_errors();
  if (digest == NID_undef) return words;
  return text(words, " with ", OBJ_nid2sn(digest));
}

}  // namespace tlsplus
