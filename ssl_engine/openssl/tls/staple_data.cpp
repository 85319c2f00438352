// SPDX-License-Identifier: Apache-2.0
//
// staple_id_of(), staple_from(): the SHA-1 of the leaf, by which providers of staples know it, and
// octets in memory that OpenSSL frees.
#include "ssl_engine/openssl/tls/staple_data.h"

#include <openssl/crypto.h>

namespace tlsplus {

StapleId staple_id_of(const X509& leaf) noexcept {
  StapleId id{};
  unsigned int size = 0;
  (void)X509_digest(&leaf, EVP_sha1(), id.data(), &size);
  return id;
}

X509* certificate_in_use(SSL& ssl) noexcept {
  return SSL_get_certificate(&ssl);
}

ServerEvents::Staple staple_from(ByteView der) noexcept {
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(der.data(), der.size()));
  if (copy == nullptr) return {};
  return {copy, static_cast<long>(der.size())};
}

}  // namespace tlsplus
