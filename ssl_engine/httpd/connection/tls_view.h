// SPDX-License-Identifier: Apache-2.0
//
// tls_view(): the one question that the variables have for a connection. Implemented beside the
// object in the connection's configuration slot.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/request/variables.h"

namespace tlsplus {

/// The TLS session of ours on this connection, or on its primary one if it is secondary (an
/// HTTP/2 stream). nullptr: not TLS, not ours, or no ClientHello was read yet. Lives as long
/// as the primary connection; what it shows changes only while that connection's own thread runs
/// a renegotiation or a post-handshake authentication.
const TlsView* tls_view(const conn_rec& connection) noexcept;

}  // namespace tlsplus
