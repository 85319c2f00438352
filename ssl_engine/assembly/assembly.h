// SPDX-License-Identifier: Apache-2.0
//
// assemble(): from settings and files to a Snapshot, or to all that is wrong with them. It is the
// only judge of a configuration; configtest and start-up both ask it.
#pragma once

#include <memory>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

class CertificateFiles;
class ContextFactory;

struct Assembled {
  std::shared_ptr<const Snapshot> snapshot;  // null if a finding is fatal
  std::vector<Finding> findings;             // all of them, in the order of the configuration
  std::vector<Where> survived;  // lines that name what cannot be used, with BuildInput::last
};

/// Loads, matches and checks everything. `certificates` keeps what was parsed for the next
/// generation; `contexts` makes the SSL_CTX of a policy.
Assembled assemble(const BuildInput& input, CertificateFiles& certificates,
                   ContextFactory& contexts, const Clock& clock);

}  // namespace tlsplus
