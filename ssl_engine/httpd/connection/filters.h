// SPDX-License-Identifier: Apache-2.0
//
// The three filters around a TLS connection: which they are, what they are called and where they
// stand. The names are part of the interface: mod_proxy looks for one of them.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/connection/tls_channel.h"

namespace tlsplus {

/// Once, in register_hooks.
void register_filters();
/// Puts the filters around a connection that will speak TLS.
void insert_filters(TlsChannel& channel);

}  // namespace tlsplus
