// SPDX-License-Identifier: Apache-2.0
//
// watch_plain_port(): sees TLS that is spoken to a virtual host of plain HTTP. It cannot be
// answered, but it can be told apart from garbage, logged, and closed at once.
#pragma once

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Looks at the first bytes of a connection to a host without engine, and steps out of the
/// way. `host` must live as long as the connection's snapshot.
void watch_plain_port(conn_rec& connection, const Host& host);

/// Once, in register_hooks.
void register_plain_port_filter();

}  // namespace tlsplus
