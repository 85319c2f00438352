// SPDX-License-Identifier: Apache-2.0
//
// HostContexts: what was made or refused before, by policy. A refusal is remembered without its
// place: every host has lines of its own to blame.
#include "ssl_engine/assembly/host_contexts.h"

#include "ssl_engine/lint/lint.h"

namespace tlsplus {

HostContexts::Known HostContexts::make(const Policy& policy, const TrustStore* trust) {
  auto made = is_per_host_ ? factory_.make(policy, trust) : factory_.context_for(policy, trust);
  if (!made) return {nullptr, std::move(made).error()};
  contexts_.push_back(std::move(*made));
  return {contexts_.back().get(), {}};
}

Judged<SSL_CTX*> HostContexts::context_for(const ConfiguredHost& host, const Policy& policy,
                                           const TrustStore* trust) {
  if (policy.selected.empty()) return {};
  const auto [at, is_new] = known_.try_emplace(&policy);
  Known& known = at->second;
  if (is_new || (is_per_host_ && !known.refusal)) known = make(policy, trust);
  if (!known.refusal) return {known.context, {}};
  return {nullptr, {explain_context_error(host, policy, *known.refusal)}};
}

}  // namespace tlsplus
