// SPDX-License-Identifier: Apache-2.0
//
// open_token(): keys and certificates that live elsewhere, opened in the process that calls. What a
// PKCS#11 library holds does not survive a fork, so the server's parent never calls this, and each
// child for itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/pin_source.h"
#include "ssl_engine/openssl/x509/object_reader.h"

namespace tlsplus {

class CryptoEngine;

struct TokenWanted {
  bool certificate = true;
  bool key = true;
};

/// What a URI gave. `engine` must be kept for as long as the key.
struct OpenedToken {
  std::shared_ptr<CryptoEngine> engine;  // null: a provider did it
  std::vector<Cert> certificates;
  Pkey key;
  Kinds found;
  std::vector<Defect> defects;
};

/// `engine`: id of the one that SSLCryptoDevice names, which alone is used then; empty: the engine
/// that is called like the URI's scheme, if there is one, then OSSL_STORE (ossl_store(7)).
OpenedToken open_token(const std::string& uri, const std::string& engine, TokenWanted wanted,
                       PinSource& pins);

/// True if a provider that is active opens URIs of that scheme.
bool is_store_scheme(const std::string& scheme);

/// One signature by `key`, verified with `public_half`. The Error has OpenSSL's words.
Status try_signature(EVP_PKEY& key, EVP_PKEY& public_half);

/// SubjectPublicKeyInfo; empty if the key does not give it away.
std::string public_key_der(EVP_PKEY& key);
Pkey public_key_from_der(ByteView der);
std::string certificate_der(const X509& cert);
Cert certificate_from_der(ByteView der);

}  // namespace tlsplus
