// SPDX-License-Identifier: Apache-2.0
//
// The handshake's driver: moves a handshake on between the core and the socket. Whoever reads first
// drives it: process_connection, or the input filter where no worker may go back in between.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/connection/tls_channel.h"

namespace tlsplus {

/// How far an attempt to go on with a handshake came.
enum class Progress : std::uint8_t {
  done,           // the channel is open, or phase() is plain_http
  wants_read,     // the peer has to say something first
  wants_write,    // the peer has to take something first
  wants_verdict,  // somebody else has to say something: TlsEnd::awaits_verdict()
  over            // failed, cut off or timed out; logged, the connection is to be closed
};

/// Goes on with the handshake. With APR_BLOCK_READ it waits, at most until the deadline, and
/// never returns wants_*.
Progress drive_handshake(TlsChannel& channel, apr_read_type_e block);

}  // namespace tlsplus
