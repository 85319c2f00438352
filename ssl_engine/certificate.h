// SPDX-License-Identifier: Apache-2.0
//
// A certificate that can be presented: leaf, the chain sent after it, and the private key
// that is proven to fit. Immutable once made and shared by every virtual host that names the
// same content. What is only asked for people (names, dates) is looked up when asked: ten
// thousand certificates should not carry it about.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509.h"

namespace tlsplus {

class TokenKey;

class Certificate {
 public:
  /// `chain` is what is sent after the leaf, in order, without the root; never null, may be
  /// empty. The caller has proven that `key` fits; it is null only where a configuration is
  /// judged without being used (BuildInput::may_ask false), and the key is encrypted. With a
  /// `token`, which has the private key, `key` is its public half.
  Certificate(Cert leaf, CertChain chain, Pkey key, std::shared_ptr<TokenKey> token = nullptr);

  [[nodiscard]] X509& leaf() const noexcept { return *leaf_; }
  [[nodiscard]] STACK_OF(X509) & chain() const noexcept { return *chain_; }
  [[nodiscard]] bool has_key() const noexcept { return key_ != nullptr; }
  /// Precondition: has_key(), which is so for every certificate of a server that runs.
  [[nodiscard]] EVP_PKEY& key() const noexcept { return *key_; }
  /// Null: key() signs.
  [[nodiscard]] const std::shared_ptr<TokenKey>& token() const noexcept { return token_; }
  /// SHA-256 over the leaf's DER.
  [[nodiscard]] const Fingerprint& fingerprint() const noexcept { return fingerprint_; }
  /// Subject alternative dNSNames and iPAddresses as text, lower case; the CN if there are none.
  [[nodiscard]] std::vector<std::string> names() const { return names_of(*leaf_); }
  /// "RSA", "EC", "ED25519", ... as OpenSSL names the key type (EVP_PKEY_get0_type_name(3));
  /// empty for a kind of key it does not know.
  [[nodiscard]] std::string_view key_type() const noexcept;
  /// "RSA 2048 bits", "EC P-256"
  [[nodiscard]] std::string key_description() const;
  [[nodiscard]] WallTime not_before() const noexcept { return not_before_of(*leaf_); }
  [[nodiscard]] WallTime not_after() const noexcept { return not_after_of(*leaf_); }

 private:
  Cert leaf_;
  CertChain chain_;
  Pkey key_;
  std::shared_ptr<TokenKey> token_;
  Fingerprint fingerprint_;
};

using CertificatePtr = std::shared_ptr<const Certificate>;

}  // namespace tlsplus
