// SPDX-License-Identifier: Apache-2.0
//
// The body of a request, read and kept while its client is asked for a certificate: what lies
// between the request and the answer on the wire has to be out of the way first.
#pragma once

#include "ssl_engine/httpd/apache.h"

namespace tlsplus {

/// Once, in register_hooks.
void register_kept_body_filter();

/// Reads the whole body and puts it back for whoever handles the request. OK, 413 if it has more
/// than `limit` bytes, or httpd's status for a body that cannot be read. Does nothing if there is
/// none, or none yet (Expect: 100-continue).
int keep_body(request_rec& request, apr_off_t limit);

}  // namespace tlsplus
