// SPDX-License-Identifier: Apache-2.0
//
// trace_messages(): the handshake as it happens, for LogLevel trace3: each message and alert with
// its direction and size, and for trace4 each record. Names and sizes only: no byte of a message,
// and so no key, ticket or plaintext.
#pragma once

#include "ssl_engine/base/log.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// From here on to the end of `ssl`, if `log` wants it; `log` outlives it. Costs nothing else.
void trace_messages(SSL& ssl, LogSink& log) noexcept;

}  // namespace tlsplus
