// SPDX-License-Identifier: Apache-2.0
//
// TLS 1.3 is what nearly every client speaks, so what only TLS 1.2 can do is said once, at
// configtest, and not for each request.
#include "ssl_engine/base/text.h"
#include "ssl_engine/lint.h"
#include "ssl_engine/verifier.h"

namespace tlsplus {

void lint_demands(const Draft& draft, Findings& findings) {
  if (draft.policy == nullptr || draft.policy->versions.highest != Protocol::tls1_3) return;
  for (const auto& entry : draft.config().directory_demands.entries()) {
    const DirectoryDemand& demand = entry.value;
    if (demand.kind == DirectoryDemand::Kind::ciphers) {
      findings.add(draft.index,
                   diagnose(Tp::directory_ciphers, quote(demand.words), entry.where()));
    } else if (demand.kind == DirectoryDemand::Kind::certificate &&
               asking(demand.mode) > asking(draft.policy->client_auth.mode)) {
      findings.add(draft.index,
                   diagnose(Tp::directory_certificate, quote(demand.words), entry.where()));
    }
  }
}

}  // namespace tlsplus
