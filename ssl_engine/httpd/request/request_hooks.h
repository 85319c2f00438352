// SPDX-License-Identifier: Apache-2.0
//
// The hooks of a request that was read: is it on the right connection, and how will that connection
// end.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// post_read_request, http_scheme, default_port; in register_hooks.
void register_request_hooks();

}  // namespace tlsplus
