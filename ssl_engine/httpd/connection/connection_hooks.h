// SPDX-License-Identifier: Apache-2.0
//
// The hooks of a connection's life, and the MPM's part in it: how httpd's connections come to us
// and leave.
#pragma once

#include <cstddef>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// pre_connection, process_connection, pre_close_connection, ssl_conn_is_ssl; in register_hooks.
void register_connection_hooks();

/// True if the MPM polls sockets for us (AP_MPMQ_CAN_WAITIO, httpd 2.4.63).
bool mpm_can_wait() noexcept;

}  // namespace tlsplus
