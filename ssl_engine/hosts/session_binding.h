// SPDX-License-Identifier: Apache-2.0
//
// session_id_context_of(): what the sessions of a host are bound to. Two hosts whose bindings are
// equal may resume each other's sessions, and a host whose binding changes accepts none from
// before.
#pragma once

#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

/// By name, policy, trust, responders and passwords of `host`, which speaks TLS.
SessionIdContext session_id_context_of(const Host& host);

}  // namespace tlsplus
