// SPDX-License-Identifier: Apache-2.0
//
// CertificateUnit: hosts that name the same files for their certificates, under the same rules:
// what is replaced together, or not at all. Parent and children number them alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

struct CertificateUnit {
  std::vector<std::uint32_t> hosts;  // by Host::index; never empty
  std::vector<std::string> files;    // certificates, keys, chain; never empty
};

/// Those of `snapshot`, which was made of `input`. Hosts with a key on a token are in none: tokens
/// are opened once, in each child.
std::vector<CertificateUnit> certificate_units(const BuildInput& input, const Snapshot& snapshot);

/// "a.test:443, b.test:443 and 7 more", for a log.
std::string names_of(const CertificateUnit& unit, const Snapshot& snapshot);

}  // namespace tlsplus
