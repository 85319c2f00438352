// SPDX-License-Identifier: Apache-2.0
//
// What a Snapshot keeps beside the values: the certificates that are open.
#include "ssl_engine/hosts/snapshot.h"

#include <utility>

#include "ssl_engine/certificates/certificate_cache.h"

namespace tlsplus {

Snapshot::Snapshot(Parts parts)
    : parts_(std::move(parts)), open_(std::make_unique<CertificateCache>()) {}
Snapshot::~Snapshot() = default;

}  // namespace tlsplus
