// SPDX-License-Identifier: Apache-2.0
//
// ask_for_name() and the other functions of one client-side SSL: each is one of OpenSSL's, and
// those that can fail clear its error queue before.
#include "ssl_engine/openssl/tls/client_ssl.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/x509/x509_names.h"

namespace tlsplus {

bool ask_for_name(SSL& ssl, const std::string& name) noexcept {
  ERR_clear_error();
  return SSL_set_tlsext_host_name(&ssl, name.c_str()) == 1;
}

// The one function of OpenSSL that says 0 when all is well.
bool offer_protocols(SSL& ssl, const std::vector<std::string>& names) {
  std::string wire;
  for (const std::string& name : names) wire += static_cast<char>(name.size()) + name;
  ERR_clear_error();
  return SSL_set_alpn_protos(&ssl, as_bytes(wire).data(), static_cast<unsigned>(wire.size())) == 0;
}

bool offer_session(SSL& ssl, SSL_SESSION& session) noexcept {
  ERR_clear_error();
  return SSL_set_session(&ssl, &session) == 1;
}

const STACK_OF(X509_NAME) * asked_authorities(const SSL& ssl) noexcept {
  return SSL_get0_peer_CA_list(&ssl);
}

std::vector<std::string> asked_authority_names(const SSL& ssl) {
  constexpr int kMostNamed = 5;
  std::vector<std::string> names;
  const STACK_OF(X509_NAME)* const asked = asked_authorities(ssl);
  const int count = sk_X509_NAME_num(asked);
  for (int i = 0; i < count && i < kMostNamed; ++i) {
    const X509_NAME& name = *sk_X509_NAME_value(asked, i);
    names.push_back(dn_text(name, DnFormat::rfc2253_ascii).value_or(std::string()));
  }
  if (count > kMostNamed) names.push_back("and " + std::to_string(count - kMostNamed) + " more");
  return names;
}

bool show(SSL& ssl, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY& key) noexcept {
  ERR_clear_error();
  const bool has_chain = sk_X509_num(&chain) > 0;
  if (!has_chain) SSL_clear_mode(&ssl, SSL_MODE_NO_AUTO_CHAIN);
  return SSL_use_cert_and_key(&ssl, &leaf, &key, has_chain ? &chain : nullptr, 1) == 1;
}

ServerFault oldest_server_fault() noexcept {
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return ServerFault::other;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
      return ServerFault::not_tls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return ServerFault::version;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
    case SSL_R_NO_CIPHERS_AVAILABLE:
      return ServerFault::nothing_fits;
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
      return ServerFault::too_weak;
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
      return ServerFault::legacy;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return ServerFault::wants_certificate;
    default:
      return ServerFault::other;
  }
}

bool server_speaks_last(const SSL& ssl) noexcept {
  return SSL_version(&ssl) < TLS1_3_VERSION && SSL_session_reused(&ssl) == 0;
}

}  // namespace tlsplus
