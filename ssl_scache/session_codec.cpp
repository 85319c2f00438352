// SPDX-License-Identifier: Apache-2.0
//
// remember_session(), recall_session(): sessions on their way. Serialised sessions hold master
// secrets, so every copy made here is wiped before it is freed.
#include "ssl_scache/session_codec.h"

#include <algorithm>
#include <exception>

#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/tls/session.h"

namespace tlsplus {

Remembered remember_session(SessionCache& cache, const SSL_SESSION& session) noexcept {
  const ByteView id = session_id(session);
  if (id.empty()) return Remembered::no_id;
  try {
    std::optional<Bytes> der = session_to_der(session);
    if (!der) return Remembered::failed;
    const bool fits = der->size() <= kMaxSessionDer;
    fits ? cache.store(id, *der, session_expiry(session)) : cache.count_refused();
    wipe(*der);
    return fits ? Remembered::stored : Remembered::too_large;
  } catch (const std::exception&) {
    return Remembered::failed;
  }
}

Session recall_session(SessionCache& cache, ByteView id) noexcept {
  std::optional<Bytes> der = cache.retrieve(id);
  if (!der) return nullptr;
  Session session = session_from_der(*der);
  wipe(*der);
  // A store that hands out another client's session would make this client's handshake fail on
  // its Finished message; a miss is a full handshake.
  if (session != nullptr && !std::ranges::equal(session_id(*session), id)) session.reset();
  if (session == nullptr) cache.remove(id);
  return session;
}

}  // namespace tlsplus
