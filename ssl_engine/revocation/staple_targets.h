// SPDX-License-Identifier: Apache-2.0
//
// StapleTargets: the certificates of a configuration for which OCSP responses are fetched, each
// once for the same rules, and which of them each host presents, or another module.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/revocation/staple_target.h"

namespace tlsplus {

/// One that another module presents, and asks us about by an id of its own.
struct ForeignCertificate {
  std::string id;
  StapleTarget target;
};

/// `pem` is a certificate and those above it, presented by somebody else in the place of `host`;
/// nothing where they are not stapled to: no SSLUseStapling there, or nobody who could be asked.
std::optional<StapleTarget> foreign_target(const Host& host, const char* pem);

struct StapleTargets {
  struct OfHost {
    CertificatePtr certificate;
    std::size_t target = 0;
  };
  std::vector<StapleTarget> targets;
  std::vector<std::vector<OfHost>> of_host;                    // by Host::index
  std::map<std::string, std::size_t, std::less<>> of_foreign;  // by ForeignCertificate::id
  std::vector<Finding> findings;                               // none of them fatal
};

/// `is_taken`: another module staples to this certificate of this host, whatever our settings say.
StapleTargets staple_targets(
    const Snapshot& snapshot,
    const std::function<bool(const Host& host, const Certificate& certificate)>& is_taken,
    std::vector<ForeignCertificate> foreign);

}  // namespace tlsplus
