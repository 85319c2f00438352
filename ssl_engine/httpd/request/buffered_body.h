// SPDX-License-Identifier: Apache-2.0
//
// keep_body(): reads the body of a request and keeps it while its client is asked for a
// certificate: what lies between the request and the answer on the wire has to be out of the way
// first.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/connection/tls_connection.h"

namespace tlsplus {

/// Once, in register_hooks.
void register_kept_body_filter();

/// Reads the whole body and puts it back for whoever handles the request. OK, 413 if it has more
/// than `limit` bytes, 408 if it is slow, or httpd's status for a body that cannot be read. Slow
/// is what takes longer than a handshake may, and a second for each 500 bytes, which is what
/// mod_reqtimeout allows bodies. Does nothing if there is none, or none yet (Expect:
/// 100-continue).
int keep_body(request_rec& request, TlsConnection& tls, apr_off_t limit);

}  // namespace tlsplus
