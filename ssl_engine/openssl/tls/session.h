// SPDX-License-Identifier: Apache-2.0
//
// A session, SSL_SESSION, as bytes and numbers, without any opinion on caching.
#pragma once

#include <optional>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// A second owner of the same object: one more reference, no copy. Any thread.
inline Session share(SSL_SESSION& session) noexcept {
  SSL_SESSION_up_ref(&session);
  return Session(&session);
}
/// Borrowed from the session; empty if it has no id.
ByteView session_id(const SSL_SESSION& session) noexcept;
/// Its own time plus its own timeout (RFC 5246 F.1.4; at most 7 days in TLS 1.3, RFC 8446 4.6.1).
WallTime session_expiry(const SSL_SESSION& session) noexcept;
/// Its own time.
WallTime session_start(const SSL_SESSION& session) noexcept;
/// Until when a client may offer it again: no longer than its expiry, its ticket's lifetime (RFC
/// 8446 4.6.1, RFC 5077 3.3) and the certificate of the server that it stands for.
WallTime session_offer_until(SSL_SESSION& session) noexcept;
/// It has a ticket or an id, and its connection did not fail.
bool can_be_offered(const SSL_SESSION& session) noexcept;
/// For one connection alone (RFC 8446 C.4): whoever sees a ticket twice knows who comes back.
bool is_for_single_use(const SSL_SESSION& session) noexcept;
/// From here on it expires then.
void end_session_at(SSL_SESSION& session, WallTime end) noexcept;
/// What SSL_set_session_id_context(3) was told when it was made; borrowed from the session.
ByteView session_context(const SSL_SESSION& session) noexcept;
/// Another context than any connection has: it is never resumed.
void unbind_session(SSL_SESSION& session) noexcept;
/// DER; nothing if OpenSSL cannot serialise it. Holds the master secret: wipe it after use.
std::optional<Bytes> session_to_der(const SSL_SESSION& session);
/// Null if `der` is not exactly one session; the error queue is left clear.
Session session_from_der(ByteView der) noexcept;

}  // namespace tlsplus
