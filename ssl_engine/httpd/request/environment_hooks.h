// SPDX-License-Identifier: Apache-2.0
//
// register_environment_hooks(): the environment of TLS requests, for CGI programs, filters and
// proxies: what they get by SSLOptions, and the notes.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// fixups; in register_hooks.
void register_environment_hooks();

}  // namespace tlsplus
