// SPDX-License-Identifier: Apache-2.0
//
// renewed_snapshot(): the configuration that is in force, with other revocation lists and other
// certificates of its own. Everything else is shared with the snapshot before: contexts,
// authorities, policies, and the hosts for which nothing changed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ssl_engine/base/result.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/reload/presentation.h"

namespace tlsplus {

class ContextFactory;

struct RenewedHosts {
  std::span<const std::uint32_t> hosts;  // by Host::index; they name the same files
  Presentation presentation;
};

struct Renewal {
  std::vector<RevocationListsPtr> lists;  // for slots of the snapshot before
  std::vector<RenewedHosts> hosts;
};

/// Hosts that look nothing up in replaced lists are as they were; of the others trust and session
/// binding are new. Of hosts with other certificates the session binding is what it was: whom a
/// client was held against is the same. `contexts` makes a context for those that had one with
/// certificates in it. An Error: memory ran out.
Result<std::shared_ptr<const Snapshot>> renewed_snapshot(const Snapshot& before,
                                                         const Renewal& renewal,
                                                         const ContextFactory& contexts);

}  // namespace tlsplus
