// SPDX-License-Identifier: Apache-2.0
//
// The questions and settings of one server-side SSL: one call to OpenSSL each, or two, in functions
// whose names say what they are for.
#include "ssl_engine/openssl/tls/server_ssl.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "ssl_engine/base/text.h"

namespace tlsplus {

void set_application_data(SSL& ssl, void* data) noexcept {
  SSL_set_app_data(&ssl, data);
}

void bind_sessions(SSL& ssl, ByteView digest) noexcept {
  (void)SSL_set_session_id_context(&ssl, digest.data(), static_cast<unsigned int>(digest.size()));
}

void set_versions(SSL& ssl, std::uint16_t lowest, std::uint16_t highest) noexcept {
  SSL_set_min_proto_version(&ssl, lowest);
  SSL_set_max_proto_version(&ssl, highest);
}

bool may_speak(SSL& ssl, std::uint16_t version) noexcept {
  const long lowest = SSL_get_min_proto_version(&ssl);
  const long highest = SSL_get_max_proto_version(&ssl);
  return (lowest == 0 || version >= lowest) && (highest == 0 || version <= highest);
}

void use_dh_parameters(SSL& ssl, EVP_PKEY& parameters) noexcept {
  SSL_set_dh_auto(&ssl, 0);
  Pkey own = share(parameters);
  if (SSL_set0_tmp_dh_pkey(&ssl, own.get()) == 1) {
    (void)own.release();
  } else {
    SSL_set_dh_auto(&ssl, 1);
    ERR_clear_error();
  }
}

bool may_use_dh_parameters(SSL_CTX& context, EVP_PKEY& parameters) noexcept {
  const Ssl ssl(SSL_new(&context));
  Pkey own = share(parameters);
  const bool may = ssl != nullptr && SSL_set0_tmp_dh_pkey(ssl.get(), own.get()) == 1;
  if (may) (void)own.release();
  ERR_clear_error();
  return may;
}

bool use_only_group(SSL& ssl, const std::string& group) noexcept {
  ERR_clear_error();
  return SSL_set1_groups_list(&ssl, group.c_str()) == 1;
}

bool present(SSL& ssl, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY& key) noexcept {
  ERR_clear_error();
  return SSL_use_cert_and_key(&ssl, &leaf, &key, &chain, 1) == 1;
}

bool present(SSL_CTX& context, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY& key) noexcept {
  ERR_clear_error();
  return SSL_CTX_use_cert_and_key(&context, &leaf, &key, &chain, 1) == 1;
}

void add_server_info(SSL_CTX& context, const std::string& file) noexcept {
  ERR_clear_error();
  // That its extensions are known already is reported, after it was stored for this certificate.
  (void)SSL_CTX_use_serverinfo_file(&context, file.c_str());
  ERR_clear_error();
}

bool present_only(SSL& ssl, X509& leaf, EVP_PKEY& key) noexcept {
  ERR_clear_error();
  SSL_certs_clear(&ssl);
  SSL_set_verify(&ssl, SSL_VERIFY_NONE, nullptr);
  return SSL_use_cert_and_key(&ssl, &leaf, &key, nullptr, 1) == 1;
}

bool is_tls13(const SSL& ssl) noexcept {
  return SSL_version(&ssl) >= TLS1_3_VERSION;
}

bool issues_stateless_tickets(const SSL& ssl) noexcept {
  return is_tls13(ssl) && (SSL_get_options(&ssl) & SSL_OP_NO_TICKET) == 0;
}

bool is_plain_http_error() noexcept {
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  const int reason = ERR_GET_REASON(code);
  return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST;
}

bool is_missing_certificate_error() noexcept {
  const unsigned long code = ERR_peek_error();
  return ERR_GET_LIB(code) == ERR_LIB_SSL &&
         ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
}

bool is_wrong_key_error() noexcept {
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  const int reason = ERR_GET_REASON(code);
  return reason == SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC || reason == SSL_R_DIGEST_CHECK_FAILED;
}

int dhe_bits_in_handshake(SSL& ssl) noexcept {
  const SSL_CIPHER* const cipher = SSL_get_pending_cipher(&ssl);
  if (cipher == nullptr || SSL_CIPHER_get_kx_nid(cipher) != NID_kx_dhe) return 0;
  EVP_PKEY* raw = nullptr;
  if (SSL_get_tmp_key(&ssl, &raw) != 1) return 0;
  const Pkey own(raw);
  return EVP_PKEY_get_bits(own.get());
}

bool is_fatal(int packed) noexcept {
  return packed >> 8 == SSL3_AL_FATAL;
}

bool is_renegotiation_refused(int packed) noexcept {
  constexpr int kDescription = 0xff;
  return (packed & kDescription) == SSL_AD_NO_RENEGOTIATION;
}

bool is_our_fault(int packed) noexcept {
  constexpr int kDescription = 0xff;
  if (packed < 0) return false;
  const int alert = packed & kDescription;
  return alert == SSL_AD_INTERNAL_ERROR || alert == SSL_AD_BAD_RECORD_MAC ||
         alert == SSL_AD_DECRYPT_ERROR;
}

bool is_internal_error(int packed) noexcept {
  constexpr int kDescription = 0xff;
  return packed >= 0 && (packed & kDescription) == SSL_AD_INTERNAL_ERROR;
}

std::string alert_name(int packed) {
  // Alerts of TLS 1.3 that OpenSSL 3.0 sends and has no words for.
  const std::string_view words = (packed & 0xff) == 116   ? "certificate required"
                                 : (packed & 0xff) == 109 ? "missing extension"
                                                          : SSL_alert_desc_string_long(packed);
  return text(words, " (", packed & 0xff, ")");
}

}  // namespace tlsplus
