// SPDX-License-Identifier: Apache-2.0
//
// effective_policy(), session_values(): from what is written to what takes effect: the Policy of a
// host, and what its sessions are bound to.
#pragma once

#include <cstddef>
#include <string>

#include "ssl_engine/openssl/tls/server_context.h"
#include "ssl_engine/settings/host_settings.h"

namespace tlsplus {

struct PolicyHash {
  std::size_t operator()(const Policy& policy) const noexcept { return policy.hash(); }
};

/// The effective policy of a merged server configuration. Cannot fail: an empty protocol set is
/// kept as such (`selected.empty()`) for the caller to report. `system` holds where the
/// configuration says nothing.
Policy effective_policy(const ServerConfig& config, const SystemDefaults& system = {});

/// The values that sessions are bound to, as text: different where one differs. What they are bound
/// to by content is not in it.
std::string session_values(const Policy& policy);

}  // namespace tlsplus
