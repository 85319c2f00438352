// SPDX-License-Identifier: Apache-2.0
//
// The environment of TLS requests, for CGI programs, filters and proxies: what they get by
// SSLOptions, and the notes.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// fixups; in register_hooks.
void register_environment_hooks();

/// True if the request came through TLS of ours to a virtual host that speaks it: on a
/// connection whose host has the engine off a request counts as plain.
bool is_tls_request(const request_rec& request) noexcept;

}  // namespace tlsplus
