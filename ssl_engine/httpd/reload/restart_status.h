// SPDX-License-Identifier: Apache-2.0
//
// show_restart_status(): the section of mod_status about hosts whose certificate or key could not
// be used at the restart: which, why, and what they present instead.
#pragma once

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// `flags` are AP_STATUS_* of mod_status.h. Nothing is shown to people while all is well; machines
/// always get the number.
void show_restart_status(request_rec& request, int flags, const Snapshot& snapshot) noexcept;

}  // namespace tlsplus
