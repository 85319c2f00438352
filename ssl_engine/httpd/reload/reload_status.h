// SPDX-License-Identifier: Apache-2.0
//
// show_reload_status(), show_certificate_status(): the sections of mod_status about revocation
// lists and about our own certificates: which are in force, since when, until when, and whether
// what is on disk is something else.
#pragma once

#include <vector>

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/reload/certificate_units.h"
#include "ssl_engine/reload/live_certificates.h"
#include "ssl_engine/reload/publication.h"

namespace tlsplus {

/// `flags` are AP_STATUS_* of mod_status.h. `publication` has the parent's figures (see
/// ReloadServices::kLooks and its like); null: nothing is watched.
void show_reload_status(request_rec& request, int flags, const Snapshot& snapshot,
                        const Publication* publication);

struct ShownUnits {
  const std::vector<CertificateUnit>& units;
  const Refusals& refusals;
};
void show_certificate_status(request_rec& request, int flags, const Snapshot& snapshot,
                             const ShownUnits& shown, const Publication* publication);

}  // namespace tlsplus
