// SPDX-License-Identifier: Apache-2.0
//
// await_..._nearby(): the short waits, on the worker, for clients that answer sooner than the MPM
// could look. A client a fraction of a millisecond away answers before an MPM could have been asked
// to wait for it and given the connection to another thread. The kernel measured how far away it is
// when the connection was made.
#pragma once

#include "ssl_engine/httpd/connection/tls_channel.h"

namespace tlsplus {

/// Waits for the client's next bytes for as long as a client nearby may take, once in a
/// connection; returns at once for any other.
void await_answer_nearby(TlsChannel& channel) noexcept;

/// The same for its first request, wherever the client is if `follows_at_once`.
void await_request_nearby(TlsChannel& channel, bool follows_at_once) noexcept;

/// Has the kernel acknowledge what was received, without waiting for something to send along.
void acknowledge_now(TlsChannel& channel) noexcept;

/// The same for the end of its side, after our close_notify (RFC 8446 6.1) has left.
void await_close_nearby(TlsChannel& channel) noexcept;

}  // namespace tlsplus
