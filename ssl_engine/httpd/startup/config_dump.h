// SPDX-License-Identifier: Apache-2.0
//
// The dumps of the configuration, `httpd -t -D DUMP_CERTS` and `-D DUMP_TLS`: what the
// configuration comes to, printed.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// test_config: prints what the -D options ask for on standard output; nothing without them.
/// check_config has built the configuration before.
void dump_configuration(server_rec& main_server);

}  // namespace tlsplus
