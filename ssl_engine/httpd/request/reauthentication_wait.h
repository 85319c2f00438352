// SPDX-License-Identifier: Apache-2.0
//
// await_answer(): waits for a client that was asked again, on the thread of its request.
#pragma once

#include "ssl_engine/connection/wait_slots.h"
#include "ssl_engine/httpd/connection/tls_connection.h"

namespace tlsplus {

enum class Asked : std::uint8_t {
  answered,  // for Reauthentication::finish()
  silent,    // no answer will come; the connection still takes one to its request
  over       // the connection is no good any more
};

/// After Connection::reauthenticate(). Waits until the client has answered, until `deadline`, or
/// until the place is needed for somebody else. Why there is no answer is logged, unless it is the
/// last.
Asked await_answer(TlsConnection& tls, const WaitSlots::Place& place, Instant deadline);

}  // namespace tlsplus
