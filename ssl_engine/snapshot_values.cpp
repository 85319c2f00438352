// SPDX-License-Identifier: Apache-2.0
//
// What a Snapshot keeps beside the values: the certificates that are open.
#include <utility>

#include "ssl_engine/open_certificates.h"
#include "ssl_engine/snapshot.h"

namespace tlsplus {

Snapshot::Snapshot(Parts parts)
    : parts_(std::move(parts)), open_(std::make_unique<OpenCertificates>()) {}
Snapshot::~Snapshot() = default;

}  // namespace tlsplus
