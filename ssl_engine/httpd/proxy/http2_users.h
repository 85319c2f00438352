// SPDX-License-Identifier: Apache-2.0
//
// any_other_http2_user(): whether a connection of HTTP/2 in mod_proxy's pool may be given to
// somebody with other settings, who would not look before. Only those who share the pool count: it
// belongs to the server whose line made it, and to all virtual hosts if that is the main server.
#pragma once

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/startup/generation.h"

namespace tlsplus {

/// `settings` are those of a connection that was made for a request of `server`. True where it
/// cannot be known.
bool any_other_http2_user(const Generation& generation, const Snapshot& snapshot,
                          const server_rec& server, const ProxyTls& settings) noexcept;

}  // namespace tlsplus
