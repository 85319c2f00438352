// SPDX-License-Identifier: Apache-2.0
//
// CertificateCache: OpenSSL's objects for the certificates that are in use: made for a handshake,
// kept for those that follow, and the one that was longest not asked for goes when there are too
// many. So each child holds what its clients ask for, and ten thousand virtual hosts cost what the
// busy ones cost.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "ssl_engine/base/recently_used.h"
#include "ssl_engine/certificates/certificate.h"

namespace tlsplus {

/// References of their own: good for as long as they are held.
struct CachedCertificate {
  Cert leaf;
  Pkey key;
};

/// Any thread.
class CertificateCache {
 public:
  static constexpr std::size_t kMost = 512;  // of about 8 KiB

  explicit CertificateCache(std::size_t most = kMost) noexcept : open_(most) {}
  CertificateCache(const CertificateCache&) = delete;
  CertificateCache& operator=(const CertificateCache&) = delete;
  ~CertificateCache() = default;

  /// Null if OpenSSL cannot make them. `certificate` has a key.
  std::shared_ptr<const CachedCertificate> of(const CertificatePtr& certificate);
  [[nodiscard]] std::size_t count() const;
  /// Lets go of what is nobody's any more but this cache's: certificates that were replaced.
  void forget_unused();

 private:
  struct Entry {
    CertificatePtr certificate;  // keeps its address from being used again
    std::shared_ptr<const CachedCertificate> open;
  };
  using Open = RecentlyUsed<const Certificate*, Entry>;

  std::shared_ptr<const CachedCertificate> known(const Certificate& certificate);
  std::shared_ptr<const CachedCertificate> make(const Certificate& certificate);

  mutable std::mutex mutex_;  // guards open_, for the time of a look-up
  Open open_;
  std::mutex making_;  // guards keys_
  KeyReader keys_;
};

}  // namespace tlsplus
