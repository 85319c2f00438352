// SPDX-License-Identifier: Apache-2.0
//
// start_parking(), park_handshake(): the clock behind ParkedHandshakes: while anything waits, a
// thread of the child looks twice a second for deadlines that have passed.
#pragma once

#include "ssl_engine/httpd/connection/tls_channel.h"
#include "ssl_engine/httpd/startup/generation.h"

namespace tlsplus {

/// child_init: decides whether handshakes wait in the MPM, and makes the list for them in
/// `pchild`.
void start_parking(Generation& generation, std::size_t capacity, apr_pool_t* pchild);

/// How many clients may wait for responders in this child, and responders for them.
std::size_t places_in_doubt() noexcept;

/// Puts a connection that returns to the MPM on the list and sees that it is watched.
void park_handshake(TlsChannel& channel) noexcept;

}  // namespace tlsplus
