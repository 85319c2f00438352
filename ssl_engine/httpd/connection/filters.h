// SPDX-License-Identifier: Apache-2.0
//
// The pump between httpd's filter chain and the core Connection, both directions. The names
// of the filters are part of the interface: mod_proxy looks for one of them (api.md section 7).
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/connection/tls_connection.h"

namespace tlsplus {

/// Once, in register_hooks.
void register_filters();
/// Puts the filters around a connection that will speak TLS.
void insert_filters(TlsConnection& tls);

/// How far an attempt to go on with a handshake came.
enum class Progress : std::uint8_t {
  done,         // phase() is established or plain_http
  wants_read,   // the peer has to say something first
  wants_write,  // the peer has to take something first
  over          // failed, cut off or timed out; logged, the connection is to be closed
};

/// Goes on with the handshake. With APR_BLOCK_READ it waits, at most until the deadline, and
/// never returns wants_*.
Progress drive_handshake(TlsConnection& tls, apr_read_type_e block);

}  // namespace tlsplus
