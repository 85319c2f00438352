// SPDX-License-Identifier: Apache-2.0
//
// VerifiedChains: keeping and finding. A chain ends with the first of its certificates that does.
#include "ssl_engine/trust/verified_chains.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tlsplus {
namespace {

Fingerprint key_of(const Fingerprint& settings, const Fingerprint& shown) {
  std::array<Byte, 2 * sizeof(Fingerprint)> both{};
  std::ranges::copy(shown, std::ranges::copy(settings, both.begin()).out);
  return sha256(both);
}

}  // namespace

void VerifiedChains::keep(const Fingerprint& settings, const Fingerprint& shown, CertChain chain,
                          WallTime now) {
  if (chain == nullptr) return;
  WallTime until = now + kGoodFor;
  for (int i = 0; i < sk_X509_num(chain.get()); ++i) {
    until = std::min(until, not_after_of(*sk_X509_value(chain.get(), i)));
  }
  if (until <= now) return;
  Known known{std::move(chain), now, until};
  Chains::Gone gone;  // freed after the lock, as is what `known` then has
  const Fingerprint key = key_of(settings, shown);
  const std::scoped_lock lock(mutex_);
  std::swap(known_.at(key, gone), known);
}

CertChain VerifiedChains::find(const Fingerprint& settings, const Fingerprint& shown,
                               WallTime now) {
  Chains::Gone gone;
  const Fingerprint key = key_of(settings, shown);
  const std::scoped_lock lock(mutex_);
  const Known* const known = known_.find(key);
  if (known == nullptr) return nullptr;
  if (now >= known->since && now < known->until) {
    return CertChain(X509_chain_up_ref(known->chain.get()));
  }
  known_.remove(key, gone);
  return nullptr;
}

std::size_t VerifiedChains::count() const {
  const std::scoped_lock lock(mutex_);
  return known_.size();
}

}  // namespace tlsplus
