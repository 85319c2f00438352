// SPDX-License-Identifier: Apache-2.0
//
// StoredCertificate: a certificate of a file, without OpenSSL's object: its DER and what a
// configuration is judged by, in one piece of plain memory that also crosses from one generation of
// the module to the next. An X509 is made of it where one is needed, which is in the handshakes of
// its virtual host. Those few that x509_der.h does not take are kept as the object itself; nobody
// else sees a difference.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/counted.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/openssl/x509/x509_der.h"

namespace tlsplus {

/// Plain memory: this, and the DER behind it.
struct StoredCertificateBlock {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t size_bytes = 0;  // of the DER behind this; 0: there is an object instead
  X509* object = nullptr;
  Fingerprint fingerprint{};
  CertificateFields look;

  [[nodiscard]] ByteView der() const noexcept {
    return {reinterpret_cast<const Byte*>(this + 1), size_bytes};
  }

  static void destroy(StoredCertificateBlock* block) noexcept;
};

/// A handle, cheap to copy; immutable behind it. Empty until made by one of the functions. Any
/// thread.
class StoredCertificate {
 public:
  StoredCertificate() = default;
  /// Keeps the object.
  explicit StoredCertificate(Cert cert);

  /// Empty if OpenSSL cannot decode it: then its error queue says why. `digest` is sha256(der).
  static StoredCertificate read(ByteView der, const Fingerprint& digest);

  explicit operator bool() const noexcept { return static_cast<bool>(block_); }

  // Preconditions of all below: not empty.

  /// A new X509, or another reference of the one that is kept; null without memory.
  [[nodiscard]] Cert open() const noexcept;
  [[nodiscard]] std::string der() const;
  /// Looks for `octets` in its DER, such as those of an extension's OID: without them there is no
  /// need to open() it. True if that costs nothing.
  [[nodiscard]] bool may_have(ByteView octets) const noexcept;
  /// True if open() costs nothing.
  [[nodiscard]] bool is_open() const noexcept;

  /// SHA-256 over the DER.
  [[nodiscard]] const Fingerprint& fingerprint() const noexcept;
  /// Subject alternative dNSNames and iPAddresses as text, lower case; the CN if there are none.
  [[nodiscard]] std::vector<std::string> names() const;
  /// False: the names are from the CN.
  [[nodiscard]] bool has_alternative_names() const noexcept;
  [[nodiscard]] WallTime not_before() const noexcept;
  [[nodiscard]] WallTime not_after() const noexcept;
  [[nodiscard]] bool is_ca() const noexcept;
  [[nodiscard]] bool may_serve_tls() const noexcept;
  [[nodiscard]] bool is_self_issued() const noexcept;
  /// As x509.h has it.
  [[nodiscard]] std::string_view forgeable_digest() const noexcept;
  /// "RSA", "EC", "ED25519"; empty for a kind of key OpenSSL does not know.
  [[nodiscard]] std::string_view key_type() const noexcept;
  /// "RSA 2048 bits", "EC P-256"
  [[nodiscard]] std::string key_description() const;

  /// Equal for certificates of which the same is to be said about issuer, and about where its
  /// certificate can be had.
  [[nodiscard]] std::string issuer_key() const;
  /// Equal for certificates that OpenSSL finds equally strong.
  [[nodiscard]] std::string strength_key() const;

  /// Where this certificate is in memory: equal for copies of one handle.
  [[nodiscard]] const void* address() const noexcept { return block_.get(); }

  [[nodiscard]] KeyType key_kind() const noexcept;
  /// As in CertificateFields; empty for KeyType::other.
  [[nodiscard]] ByteView public_key() const noexcept;

  /// For the crossing between generations: a reference as a plain pointer, and back.
  StoredCertificateBlock* release() noexcept { return block_.release(); }
  explicit StoredCertificate(Counted<StoredCertificateBlock> block) noexcept
      : block_(std::move(block)) {}

 private:
  Counted<StoredCertificateBlock> block_;
};

}  // namespace tlsplus
