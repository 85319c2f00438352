// SPDX-License-Identifier: Apache-2.0
//
// remember_session(), recall_session(): SSL_SESSION to what a cache keeps, and back. These
// functions are what the callbacks of OpenSSL's session cache come to: new, get
// (SSL_CTX_sess_set_new_cb(3)).
#pragma once

#include <cstddef>

#include "ssl_engine/openssl/handles.h"
#include "ssl_scache/session_cache.h"

namespace tlsplus {

/// A session with a client certificate chain of about six fits; what is larger is not cached.
/// The limit is also what providers of httpd are asked to hand back at most.
constexpr std::size_t kMaxSessionDer = 10240;  // bytes

enum class Remembered : std::uint8_t {
  stored,     // handed to the cache (which may still lose it)
  too_large,  // DER above kMaxSessionDer; the caller logs it, once per connection
  no_id,      // nothing to find it by
  failed      // OpenSSL could not serialise it, or no memory
};

/// new: stores `session` under its id until its own time + timeout. Takes no reference.
Remembered remember_session(SessionCache& cache, const SSL_SESSION& session) noexcept;

/// get: the session of `id`, one reference for the caller (OpenSSL's callback hands it on with
/// `*copy = 0`), or null. Bytes that are not a session are removed from the cache and count as
/// a miss. Whether the session fits the virtual host is OpenSSL's check of the session id
/// context; whether it is still valid in time is OpenSSL's as well.
Session recall_session(SessionCache& cache, ByteView id) noexcept;

}  // namespace tlsplus
