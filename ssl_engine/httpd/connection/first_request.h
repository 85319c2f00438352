// SPDX-License-Identifier: Apache-2.0
//
// await_first_request(): between the end of the handshake and the first request. A browser connects
// before it knows what it will ask for, and whoever means ill finishes a handshake and says
// nothing: neither is to hold a thread where the MPM can wait for them.
#pragma once

#include "ssl_engine/httpd/connection/handshake_driver.h"
#include "ssl_engine/httpd/connection/tls_connection.h"

namespace tlsplus {

/// Once, when the handshake is complete. done: protocol modules go on, since there is something for
/// them to read, or nobody else to wait for it. wants_read: the MPM is to wait for the client.
/// over: the connection is to be closed.
Progress await_first_request(TlsConnection& tls, bool mpm_waits);

/// When the MPM calls again. done: there are bytes. over: the client had its time, or its place is
/// needed; logged, and nothing is in the way of closing at once.
Progress end_of_wait(TlsChannel& channel) noexcept;

}  // namespace tlsplus
