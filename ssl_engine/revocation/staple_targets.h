// SPDX-License-Identifier: Apache-2.0
//
// StapleTargets: the certificates of a configuration for which OCSP responses are fetched, each
// once for the same rules, and which of them each host presents.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/revocation/staple_target.h"

namespace tlsplus {

struct StapleTargets {
  struct OfHost {
    CertificatePtr certificate;
    std::size_t target = 0;
  };
  std::vector<StapleTarget> targets;
  std::vector<std::vector<OfHost>> of_host;  // by Host::index
  std::vector<Finding> findings;             // none of them fatal
};

/// `is_taken`: another module staples to this certificate of this host, whatever our settings say.
StapleTargets staple_targets(
    const Snapshot& snapshot,
    const std::function<bool(const Host& host, const Certificate& certificate)>& is_taken);

}  // namespace tlsplus
