// SPDX-License-Identifier: Apache-2.0
//
// LastCertificates: what each host presented in the generation before a restart, for those whose
// files cannot be used now. It crosses as plain memory, because the module's code is unloaded in
// between, and holds nothing but references to octets that were served: what was never good cannot
// be found here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/openssl/x509/stored_certificate.h"
#include "ssl_engine/openssl/x509/stored_key.h"

namespace tlsplus {

/// One certificate of one host, as plain data that owns one reference of each object.
struct RetainedCertificate {
  unsigned char lines[32];  // NOLINT(*-avoid-c-arrays): SHA-256, plain C
  unsigned char name[32];   // NOLINT(*-avoid-c-arrays): of the host, likewise
  std::uint32_t host;       // its position then
  StoredCertificateBlock* leaf;
  StoredKeyBlock* key;
  STACK_OF(X509) * chain;
  X509* root;  // may be null
};

/// Starts with its version: a block of another version is not read by this code, and leaks rather
/// than being misread.
struct RetainedCertificates {
  static constexpr std::uint32_t kVersion = 1;
  std::uint32_t version;
  std::uint32_t count;
  RetainedCertificate* certificates;
};

/// What names a certificate in the configuration, digested. `key` is empty if its file has it.
Fingerprint digest_of_lines(std::string_view certificate, std::string_view key);

/// Not thread safe.
class LastCertificates {
 public:
  struct One {
    StoredCertificate leaf;
    SharedChain chain;  // never null
    StoredKey key;
    Cert root;
    Fingerprint lines;  // that named it
  };

  /// `retained` must outlive this, is not changed, and may be of another version: then nothing is
  /// known.
  explicit LastCertificates(const RetainedCertificates* retained) noexcept : retained_(retained) {}

  /// What the same lines named, whichever host they were written for.
  [[nodiscard]] const One* of_lines(const Fingerprint& lines);
  /// Everything that the host of this name presented, the first one if there were several.
  [[nodiscard]] std::vector<const One*> of_host(std::string_view name);

  /// What the hosts of `snapshot` present, but for keys on tokens: a new block for release(), or
  /// nullptr without memory.
  static RetainedCertificates* retain(const Snapshot& snapshot) noexcept;
  /// Frees a block of retain(), and wipes each key that nobody else has. Null is fine; a block of
  /// another version is left alone.
  static void release(RetainedCertificates* retained) noexcept;

 private:
  using Index = std::unordered_map<Fingerprint, std::vector<std::uint32_t>, FingerprintHash>;

  static std::span<const RetainedCertificate> all_of(const RetainedCertificates* retained) noexcept;
  void index();
  const One* one(std::uint32_t position);

  const RetainedCertificates* retained_;
  bool is_indexed_ = false;  // not before something is asked, which is seldom
  Index by_lines_;
  Index by_name_;
  std::unordered_map<std::uint32_t, One> made_;  // by position
};

}  // namespace tlsplus
