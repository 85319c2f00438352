// SPDX-License-Identifier: Apache-2.0
//
// present_certificates(): a host's leaf, chain and key put into an SSL, for each certificate it
// has. OpenSSL's objects come from a cache that all connections of the process share.
#include "ssl_engine/connection/presented_certificates.h"

#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/secrets/token_key.h"

namespace tlsplus {

Presented present_certificates(SSL& ssl, const Host& host, CertificateCache& open, Instant now,
                               LogSink& log) {
  if (host.ready_context != nullptr) return Presented::yes;
  std::size_t presented = 0;
  for (const auto& certificate : host.certificates) {
    TokenKey* const token = certificate->token().get();
    const Pkey borrowed = token == nullptr ? nullptr : token->borrow(now, log);
    if (token != nullptr && borrowed == nullptr) continue;
    const auto opened = open.of(certificate);
    if (opened == nullptr) return Presented::refused;
    EVP_PKEY& key = token == nullptr ? *opened->key : *borrowed;
    if (!present(ssl, *opened->leaf, certificate->chain(), key)) return Presented::refused;
    ++presented;
  }
  if (presented != 0 || host.certificates.empty()) return Presented::yes;
  // Sessions are resumed without a key, but not without a certificate: with the public half of its
  // key the others fail where the key is needed.
  for (const auto& certificate : host.certificates) {
    const auto opened = open.of(certificate);
    if (opened == nullptr || !present(ssl, *opened->leaf, certificate->chain(), *opened->key)) {
      return Presented::refused;
    }
  }
  return Presented::without_keys;
}

void doubt_token_keys(const Host& host, Instant now, LogSink& log) {
  for (const auto& certificate : host.certificates) {
    TokenKey* const token = certificate->token().get();
    if (token != nullptr) token->doubt(now, log);
  }
}

}  // namespace tlsplus
