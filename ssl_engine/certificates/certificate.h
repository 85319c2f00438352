// SPDX-License-Identifier: Apache-2.0
//
// Certificate: one that can be presented: leaf, the chain sent after it, and the private key that
// is proven to fit. Immutable once made and shared by every virtual host that names the same
// content. Leaf and key lie in the files' own octets: OpenSSL's objects for ten thousand
// certificates would take 70 MB, and most are not asked for by anybody today (CertificateCache
// makes those that are).
#pragma once

#include <memory>
#include <utility>

#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/stored_certificate.h"
#include "ssl_engine/openssl/x509/stored_key.h"

namespace tlsplus {

/// What is sent after a leaf, in order, without the root; the same for all leaves of an authority.
using SharedChain = std::shared_ptr<STACK_OF(X509)>;

class TokenKey;

class Certificate {
 public:
  /// `chain` is never null, may be empty. The caller has proven that `key` fits; it is empty only
  /// where a configuration is judged without being used (BuildInput::may_ask false), and the key is
  /// encrypted. With a
  /// `token`, which has the private key, `key` is its public half. `root` has signed the leaf, if
  /// the chain is empty and it is known.
  Certificate(StoredCertificate leaf, SharedChain chain, StoredKey key,
              std::shared_ptr<TokenKey> token = nullptr, Cert root = nullptr)
      : leaf_(std::move(leaf)),
        chain_(std::move(chain)),
        key_(std::move(key)),
        token_(std::move(token)),
        root_(std::move(root)) {}

  [[nodiscard]] const StoredCertificate& leaf() const noexcept { return leaf_; }
  [[nodiscard]] STACK_OF(X509) & chain() const noexcept { return *chain_; }
  /// The certificate that has signed the leaf, sent after it or not; null if it is not known, and
  /// for a leaf that has signed itself.
  [[nodiscard]] X509* issuer() const noexcept {
    return sk_X509_num(chain_.get()) > 0 ? sk_X509_value(chain_.get(), 0) : root_.get();
  }
  /// As it was given.
  [[nodiscard]] X509* root() const noexcept { return root_.get(); }
  [[nodiscard]] bool has_key() const noexcept { return static_cast<bool>(key_); }
  /// Empty unless has_key(), which is so for every certificate of a server that runs.
  [[nodiscard]] const StoredKey& key() const noexcept { return key_; }
  /// Null: key() signs.
  [[nodiscard]] const std::shared_ptr<TokenKey>& token() const noexcept { return token_; }
  /// SHA-256 over the leaf's DER.
  [[nodiscard]] const Fingerprint& fingerprint() const noexcept { return leaf_.fingerprint(); }

 private:
  StoredCertificate leaf_;
  SharedChain chain_;
  StoredKey key_;
  std::shared_ptr<TokenKey> token_;
  Cert root_;  // where the chain is empty: what was not sent, being a root
};

using CertificatePtr = std::shared_ptr<const Certificate>;

}  // namespace tlsplus
