// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL keeps the name of the ClientHello, whatever comes of it: it is believed only where the
// key exchange was SRP.
#include "ssl_engine/openssl/srp.h"

#include <openssl/objects.h>
#include <openssl/ssl.h>

#ifndef OPENSSL_NO_SRP
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

namespace tlsplus {

#ifndef OPENSSL_NO_SRP
namespace {

std::string_view proved(const SSL& ssl, const char* text) noexcept {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(&ssl);
  if (text == nullptr || cipher == nullptr || SSL_CIPHER_get_kx_nid(cipher) != NID_kx_srp) {
    return {};
  }
  return text;
}

}  // namespace

std::string_view srp_user(SSL& ssl) noexcept {
  return proved(ssl, SSL_get_srp_username(&ssl));
}
std::string_view srp_user_info(SSL& ssl) noexcept {
  return proved(ssl, SSL_get_srp_userinfo(&ssl));
}
#else
std::string_view srp_user(SSL& /*ssl*/) noexcept {
  return {};
}
std::string_view srp_user_info(SSL& /*ssl*/) noexcept {
  return {};
}
#endif

}  // namespace tlsplus
