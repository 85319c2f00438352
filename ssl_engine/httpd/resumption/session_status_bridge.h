// SPDX-License-Identifier: Apache-2.0
//
// show_session_status(): the section of mod_status: what the caches and the ticket keys have done,
// as a table for people and as lines for machines (`?auto`).
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/resumption/socache_bridge.h"
#include "ssl_scache/session_cache.h"
#include "ssl_scache/ticket_ring.h"

namespace tlsplus {

/// `flags` are AP_STATUS_* of mod_status.h. `cache` may be null; `provider` is the same cache if it
/// is one of httpd's, whose own rows are shown too, else null.
void show_session_status(request_rec& request, int flags, const SessionCache* cache,
                         SocacheBridge* provider, const TicketRing& ring);

}  // namespace tlsplus
