// SPDX-License-Identifier: Apache-2.0
//
// renewed_snapshot(): the configuration that is in force, with other revocation lists. Everything
// else is shared with the snapshot before: contexts, certificates, authorities, policies.
#pragma once

#include <memory>
#include <span>

#include "ssl_engine/base/result.h"
#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

/// `replaced` are lists for slots of `before`. Hosts that look nothing up in them are as they were;
/// of the others trust and session binding are new. An Error: memory ran out.
Result<std::shared_ptr<const Snapshot>> renewed_snapshot(
    const Snapshot& before, std::span<const RevocationListsPtr> replaced);

}  // namespace tlsplus
