// SPDX-License-Identifier: Apache-2.0
//
// A request and the connection it came by: which virtual host it is for, and whether it counts as
// TLS.
#pragma once

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/connection/tls_connection.h"

namespace tlsplus {

/// The host that httpd chose for the request, which need not be that of the handshake.
inline const Host& host_of(const request_rec& request, const TlsConnection& tls) noexcept {
  return tls.core.snapshot().host(slot_of(*request.server).host_index);
}

/// True if the request came through TLS of ours to a virtual host that speaks it: on a
/// connection whose host has the engine off a request counts as plain.
inline bool is_tls_request(const request_rec& request) noexcept {
  const TlsConnection* tls = tls_of(*request.connection);
  return tls != nullptr && tls->core.phase() == Phase::established && host_of(request, *tls).engine;
}

}  // namespace tlsplus
