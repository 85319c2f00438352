// SPDX-License-Identifier: Apache-2.0
//
// session_to_der(), session_from_der(): i2d and d2i for sessions. d2i accepts trailing bytes; a
// cache entry that has some is not what was stored, so this does not.
#include "ssl_engine/openssl/tls/session.h"

#include <openssl/err.h>

#include <algorithm>

#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

ByteView session_id(const SSL_SESSION& session) noexcept {
  unsigned int length = 0;
  const unsigned char* id = SSL_SESSION_get_id(&session, &length);
  return {id, length};
}

WallTime session_expiry(const SSL_SESSION& session) noexcept {
  return session_start(session) + std::chrono::seconds(SSL_SESSION_get_timeout(&session));
}

WallTime session_start(const SSL_SESSION& session) noexcept {
  return wall_time(SSL_SESSION_get_time(&session));
}

WallTime session_offer_until(SSL_SESSION& session) noexcept {
  WallTime until = session_expiry(session);
  if (SSL_SESSION_has_ticket(&session) == 1) {
    const auto lifetime = std::chrono::seconds(SSL_SESSION_get_ticket_lifetime_hint(&session));
    // Zero says nothing before TLS 1.3, and there "not at all".
    if (lifetime.count() != 0 || is_for_single_use(session)) {
      until = std::min(until, session_start(session) + lifetime);
    }
  }
  const X509* const server = SSL_SESSION_get0_peer(&session);
  return server == nullptr ? until : std::min(until, not_after_of(*server));
}

bool can_be_offered(const SSL_SESSION& session) noexcept {
  return SSL_SESSION_is_resumable(&session) == 1;
}

bool is_for_single_use(const SSL_SESSION& session) noexcept {
  return SSL_SESSION_get_protocol_version(&session) >= TLS1_3_VERSION;
}

void end_session_at(SSL_SESSION& session, WallTime end) noexcept {
  const auto left = std::max(end - session_start(session), std::chrono::seconds(0));
  (void)SSL_SESSION_set_timeout(&session, static_cast<long>(left.count()));
}

ByteView session_context(const SSL_SESSION& session) noexcept {
  unsigned int size = 0;
  const unsigned char* context = SSL_SESSION_get0_id_context(&session, &size);
  return {context, size};
}

// As short as no digest is.
void unbind_session(SSL_SESSION& session) noexcept {
  constexpr unsigned char kNobody = 0;
  (void)SSL_SESSION_set1_id_context(&session, &kNobody, 1);
}

std::optional<Bytes> session_to_der(const SSL_SESSION& session) {
  const int length = i2d_SSL_SESSION(&session, nullptr);
  if (length <= 0) {
    ERR_clear_error();
    return std::nullopt;
  }
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* out = der.data();
  if (i2d_SSL_SESSION(&session, &out) != length) {
    ERR_clear_error();
    return std::nullopt;
  }
  return der;
}

Session session_from_der(ByteView der) noexcept {
  const unsigned char* in = der.data();
  Session session(d2i_SSL_SESSION(nullptr, &in, static_cast<long>(der.size())));
  if (session == nullptr) {
    ERR_clear_error();
  } else if (in != der.data() + der.size()) {
    session.reset();
  }
  return session;
}

}  // namespace tlsplus
