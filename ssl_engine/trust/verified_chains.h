// SPDX-License-Identifier: Apache-2.0
//
// VerifiedChains: chains of backends that OpenSSL has verified a moment ago, so that the next
// connection to one that shows the same certificates need not verify their signatures again. What a
// handshake proves anew in any case, that the backend has the key, is not in here.
#pragma once

#include <chrono>
#include <mutex>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/recently_used.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// Any thread. The mutex guards known_ for the time of a look-up.
class VerifiedChains {
 public:
  /// For how long at most: whoever takes an authority out of a folder or out of the system's store
  /// waits no longer for it to be missed.
  static constexpr std::chrono::minutes kGoodFor{5};

  explicit VerifiedChains(std::size_t most = limits::kVerifiedChains) noexcept : known_(most) {}
  VerifiedChains(const VerifiedChains&) = delete;
  VerifiedChains& operator=(const VerifiedChains&) = delete;
  ~VerifiedChains() = default;

  /// `settings` is the digest of everything it was verified by, `shown` that of the certificates as
  /// they came (see ClientEvents). `chain` is what they were built into, up to its authority.
  void keep(const Fingerprint& settings, const Fingerprint& shown, CertChain chain, WallTime now);
  /// The chain, if it is known and none of its certificates has ended; null otherwise.
  [[nodiscard]] CertChain find(const Fingerprint& settings, const Fingerprint& shown, WallTime now);
  [[nodiscard]] std::size_t count() const;

 private:
  struct Known {
    CertChain chain;
    WallTime since;
    WallTime until;  // neither is good then, nor before `since`: clocks are set
  };
  using Chains = RecentlyUsed<Fingerprint, Known, FingerprintHash>;

  mutable std::mutex mutex_;
  Chains known_;
};

}  // namespace tlsplus
