// SPDX-License-Identifier: Apache-2.0
//
// StoredKey: a private key of a file, without OpenSSL's object; what stored_certificate.h is to
// certificates. Keys that are not ordinary, or that have no octets (a token's), are kept as the
// object.
#pragma once

#include <string_view>

#include "ssl_engine/base/counted.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/key_reader.h"
#include "ssl_engine/openssl/x509/stored_certificate.h"

namespace tlsplus {

/// Plain memory: this, and the key's DER behind it, which is wiped with it.
struct StoredKeyBlock {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t size_bytes = 0;  // of the DER behind this; 0: there is an object instead
  EVP_PKEY* object = nullptr;
  KeyFields look;
  std::uint8_t label = 0;  // position in kLabels

  [[nodiscard]] MutableByteView der() noexcept {
    return {reinterpret_cast<Byte*>(this + 1), size_bytes};
  }

  static void destroy(StoredKeyBlock* block) noexcept;
};

/// A handle, cheap to copy; immutable behind it. Empty until made by one of the functions. Any
/// thread.
class StoredKey {
 public:
  StoredKey() = default;
  /// Keeps the object.
  explicit StoredKey(Pkey key);

  /// An unencrypted key; see KeyReader::private_key().
  static Result<StoredKey> read(ByteView der, std::string_view label, KeyReader& reader);

  explicit operator bool() const noexcept { return static_cast<bool>(block_); }

  /// The key, made with `reader` or one more reference; null if OpenSSL fails. Not empty before.
  [[nodiscard]] Pkey open(KeyReader& reader) const;
  [[nodiscard]] bool is_open() const noexcept;

  [[nodiscard]] KeyType kind() const noexcept;
  [[nodiscard]] ByteView public_key() const noexcept;
  /// For another process: whatever read_octets() there makes the same key of. Empty: it has none,
  /// being another library's. Not empty before.
  [[nodiscard]] SecretBytes octets() const;
  static Result<StoredKey> read_octets(ByteView octets, KeyReader& reader);

  /// Where this key is in memory: equal for copies of one handle.
  [[nodiscard]] const void* address() const noexcept { return block_.get(); }

  /// For the crossing between generations: a reference as a plain pointer, and back.
  StoredKeyBlock* release() noexcept { return block_.release(); }
  explicit StoredKey(Counted<StoredKeyBlock> block) noexcept : block_(std::move(block)) {}

 private:
  Counted<StoredKeyBlock> block_;
};

/// The public half of `key` is the key in `certificate`. Leaves no errors.
bool fits(const StoredCertificate& certificate, const StoredKey& key, KeyReader& reader);

}  // namespace tlsplus
