// SPDX-License-Identifier: Apache-2.0
//
// ClientContext: what is set on every context towards other servers, and why, stands in make(). The
// rest calls OpenSSL and turns a refusal into an Error.
#include "ssl_engine/openssl/tls/client_context.h"

#include "ssl_engine/openssl/errors.h"

namespace tlsplus {

Result<ClientContext> ClientContext::make(std::uint16_t lowest, std::uint16_t highest) {
  clear_openssl_errors();
  SslCtx context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return openssl_error("cannot make a TLS context");
  if (SSL_CTX_set_min_proto_version(context.get(), lowest) != 1 ||
      SSL_CTX_set_max_proto_version(context.get(), highest) != 1) {
    return openssl_error("OpenSSL does not accept this range of versions");
  }
  // Not SSL_OP_IGNORE_UNEXPECTED_EOF: who breaks off in the middle of an answer has to be told from
  // who has said all. Nor SSL_OP_NO_RENEGOTIATION: servers of old ask for certificates in that way.
  SSL_CTX_set_options(context.get(), SSL_OP_ALL | SSL_OP_NO_COMPRESSION);
  // Our own chain was put in order when its files were read.
  SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
  // The other way to be asked for a certificate after the handshake (RFC 8446 4.6.2).
  SSL_CTX_set_post_handshake_auth(context.get(), 1);
  install_client_callbacks(*context);
  return ClientContext(std::move(context));
}

}  // namespace tlsplus
