// SPDX-License-Identifier: Apache-2.0
//
// ClientSessions: the sessions that a child has with backends, so that the next connection to one
// needs no certificates and half the time. A session stands for everything that was checked when it
// was made: it is kept under all of that, and is never used where anything of it is different.
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/recently_used.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// Equal for connections of which each may go on with the session of another.
using SessionKey = Fingerprint;

/// `settings` is ProxyTls's digest, `address` the backend's as it was connected to ("10.0.0.1:8443"
/// or the path of a socket), `name` the one that is asked for and checked, `protocols` the ALPN
/// list in its order. A digest, so that a client who makes up long names costs no more than others.
SessionKey client_session_key(const Fingerprint& settings, std::string_view address,
                              std::string_view name, std::span<const std::string> protocols);

/// Any thread. The mutex guards kept_ for the time of a look-up; nothing is made or freed under
/// it but an entry itself.
class ClientSessions {
 public:
  explicit ClientSessions(std::size_t most = limits::kBackendsWithSessions) noexcept
      : kept_(most) {}
  ClientSessions(const ClientSessions&) = delete;
  ClientSessions& operator=(const ClientSessions&) = delete;
  ~ClientSessions() = default;

  /// `session` is of a connection whose backend has passed all checks. One that cannot be resumed,
  /// now or at all, is not kept.
  void keep(const SessionKey& key, Session session, WallTime now);
  /// The newest that is good; null: none. One of TLS 1.3 is taken out, others stay.
  [[nodiscard]] Session take(const SessionKey& key, WallTime now);
  /// After a fatal alert, or when the backend did not want one: the others of it are no better.
  void forget(const SessionKey& key);
  /// For how many keys there are sessions.
  [[nodiscard]] std::size_t count() const;

 private:
  struct Kept {
    Session session;
    WallTime until;
    bool single_use = false;
  };
  // Of each key the newest last; of TLS 1.2 it is one.
  using Sessions = RecentlyUsed<SessionKey, std::vector<Kept>, FingerprintHash>;

  mutable std::mutex mutex_;
  Sessions kept_;
};

}  // namespace tlsplus
