// SPDX-License-Identifier: Apache-2.0
//
// make_key(), private_key_pem(): new private keys, and private keys as PEM. The text comes as
// secret memory: whoever writes it to a file is the last to see it.
#pragma once

#include <string>

#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

struct KeyKind {
  std::string type;   // "EC", "RSA", "ED25519"
  std::string group;  // of EC: "P-256"
  unsigned bits = 0;  // of RSA
};

Result<Pkey> make_key(const KeyKind& kind);

/// PKCS#8 (RFC 5958) in PEM. With a phrase that is not empty it is encrypted: PBES2 with AES-256
/// and PBKDF2 (RFC 8018), which httpd, OpenSSL and GnuTLS all read.
Result<SecretBytes> private_key_pem(EVP_PKEY& key, ByteView phrase);

}  // namespace tlsplus
