// SPDX-License-Identifier: Apache-2.0
//
// ask_for_name() and its kin: the questions and settings of one client-side SSL. Each function is
// one of OpenSSL's; those that can fail clear its error queue before.
#include "ssl_engine/openssl/tls/client_ssl.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace tlsplus {

bool ask_for_name(SSL& ssl, const std::string& name) noexcept {
  ERR_clear_error();
  return SSL_set_tlsext_host_name(&ssl, name.c_str()) == 1;
}

// The one function of OpenSSL that says 0 when all is well.
bool offer_protocols(SSL& ssl, ByteView names) noexcept {
  ERR_clear_error();
  return SSL_set_alpn_protos(&ssl, names.data(), static_cast<unsigned>(names.size())) == 0;
}

bool offer_session(SSL& ssl, SSL_SESSION& session) noexcept {
  ERR_clear_error();
  return SSL_set_session(&ssl, &session) == 1;
}

const STACK_OF(X509_NAME) * asked_authorities(const SSL& ssl) noexcept {
  return SSL_get0_peer_CA_list(&ssl);
}

bool server_speaks_last(const SSL& ssl) noexcept {
  return SSL_version(&ssl) < TLS1_3_VERSION && SSL_session_reused(&ssl) == 0;
}

}  // namespace tlsplus
