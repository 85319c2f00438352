// SPDX-License-Identifier: Apache-2.0
//
// The leaf's public key answers for the type even where the private one is locked away.
#include "ssl_engine/certificate.h"

#include <utility>

namespace tlsplus {

Certificate::Certificate(Cert leaf, CertChain chain, Pkey key, std::shared_ptr<TokenKey> token)
    : leaf_(std::move(leaf)),
      chain_(std::move(chain)),
      key_(std::move(key)),
      token_(std::move(token)),
      fingerprint_(fingerprint_of(*leaf_)) {}

std::string_view Certificate::key_type() const noexcept {
  const EVP_PKEY* const key = X509_get0_pubkey(leaf_.get());
  return key == nullptr ? std::string_view() : key_type_of(*key);
}

std::string Certificate::key_description() const {
  const EVP_PKEY* const key = X509_get0_pubkey(leaf_.get());
  return key == nullptr ? "of an unknown kind" : describe_key(*key);
}

}  // namespace tlsplus
