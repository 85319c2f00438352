// SPDX-License-Identifier: Apache-2.0
//
// register_proxy_hooks(): the hooks of connections to backends, where mod_proxy asks for TLS and
// where it begins.
#pragma once

namespace tlsplus {

/// ssl_bind_outgoing, pre_connection for what was bound, and what they need; in register_hooks.
void register_proxy_hooks();

}  // namespace tlsplus
