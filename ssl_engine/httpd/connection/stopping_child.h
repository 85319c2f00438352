// SPDX-License-Identifier: Apache-2.0
//
// stay_with_worker_if_stopping(), linger_with_worker(): the whole life of connections that begin in
// a child which is already told to stop. event's listener leaves when it counts no connection, and
// counts one only when a worker has begun with it. One that waited for its worker until after that
// finds nobody who would poll for it: the worker must serve it to its end, or it is reset when the
// child ends.
#pragma once

#include "ssl_engine/httpd/connection/tls_channel.h"

namespace tlsplus {

/// In pre_connection: has protocol modules and us serve the connection without the MPM's help
/// (HandshakeWait::stays_with_worker()) if the child is stopping. Does nothing on MPMs that do so
/// anyway.
void stay_with_worker_if_stopping(TlsChannel& channel) noexcept;

/// In pre_close_connection, for such a connection: sends what is left and waits for the client's
/// end (RFC 9112 9.6), at most 2 seconds while it is silent; then the MPM closes at once.
void linger_with_worker(TlsChannel& channel) noexcept;

}  // namespace tlsplus
