// SPDX-License-Identifier: Apache-2.0
//
// begin_asking(), end_asking(): renegotiation let in for once. OpenSSL refuses renegotiation from
// both sides with one option; it is lifted for as long as the server itself asks.
#include "ssl_engine/openssl/tls/renegotiation.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>

#include "ssl_engine/openssl/tls/server_ssl.h"

namespace tlsplus {
namespace {

bool ask_in_tls13(SSL& ssl) noexcept {
  return SSL_verify_client_post_handshake(&ssl) == 1 && SSL_do_handshake(&ssl) == 1;
}

}  // namespace

FinishedMark finished_mark(const SSL& ssl) noexcept {
  FinishedMark mark;
  mark.size = SSL_get_peer_finished(&ssl, mark.bytes.data(), mark.bytes.size());
  return mark;
}

bool is_at_rest(const SSL& ssl) noexcept {
  return SSL_is_init_finished(&ssl) == 1;
}

bool offers_post_handshake_auth(SSL& ssl) noexcept {
  const unsigned char* body = nullptr;
  std::size_t size = 0;
  return SSL_client_hello_get0_ext(&ssl, TLSEXT_TYPE_post_handshake_auth, &body, &size) == 1;
}

bool begin_asking(SSL& ssl) noexcept {
  ERR_clear_error();
  if (is_tls13(ssl)) return ask_in_tls13(ssl);
  SSL_clear_options(&ssl, SSL_OP_NO_RENEGOTIATION);
  if (SSL_renegotiate(&ssl) == 1 && SSL_do_handshake(&ssl) == 1) return true;
  end_asking(ssl);
  return false;
}

void end_asking(SSL& ssl) noexcept {
  SSL_set_options(&ssl, SSL_OP_NO_RENEGOTIATION);
}

bool use_ciphers(SSL& ssl, const std::string& list) noexcept {
  ERR_clear_error();
  const bool set = SSL_set_cipher_list(&ssl, list.c_str()) == 1;
  ERR_clear_error();
  return set;
}

std::string enabled_ciphers(const SSL& ssl) {
  std::string names;
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_get_ciphers(&ssl);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    names += SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i));
    names += ':';
  }
  return names;
}

bool has_ciphers_of_context(const SSL& ssl) noexcept {
  return SSL_get_ciphers(&ssl) == SSL_CTX_get_ciphers(SSL_get_SSL_CTX(&ssl));
}

bool is_cipher_enabled(const SSL& ssl) noexcept {
  const SSL_CIPHER* current = SSL_get_current_cipher(&ssl);
  return current != nullptr && sk_SSL_CIPHER_find(SSL_get_ciphers(&ssl), current) >= 0;
}

}  // namespace tlsplus
