// SPDX-License-Identifier: Apache-2.0
//
// BuildInput's hosts: what settings and addresses say before anything is made of them.
#include "ssl_engine/hosts/build_input.h"

namespace tlsplus {

bool reaches(const Listener& listener, const HostInput& host) noexcept {
  return host.is_main_server || reaches_any(listener, host.endpoints);
}

bool speaks_tls(const HostInput& host) {
  const auto& engine = host.config->engine;
  if (engine.is_set()) return *engine;
  return host.speaks_https &&
         (!host.config->certificate_files.empty() || !host.added_certificates.empty());
}

}  // namespace tlsplus
