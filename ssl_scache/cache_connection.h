// SPDX-License-Identifier: Apache-2.0
//
// One TCP connection to a cache server on which nothing waits beyond its deadline: not the
// connect, not a send, not a reply that stops in the middle.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_scache/cache_protocol.h"

namespace tlsplus {

struct StoreAddress {
  sockaddr_storage address{};
  socklen_t length = 0;
};

/// All addresses of `host` (a name, an IPv4 or IPv6 address without brackets). Asks DNS and
/// waits for it: at start, never in a handshake.
Result<std::vector<StoreAddress>> resolve_store(const std::string& host, std::uint16_t port);

/// Not thread safe; belongs to whoever took it from the pool.
class CacheConnection {
 public:
  /// The first of `addresses` that accepts before `deadline`. Errors: why the last one did not.
  static Result<CacheConnection> open(const std::vector<StoreAddress>& addresses, Instant deadline);
  CacheConnection(CacheConnection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  CacheConnection& operator=(CacheConnection&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  CacheConnection(const CacheConnection&) = delete;
  CacheConnection& operator=(const CacheConnection&) = delete;
  ~CacheConnection();

  struct Exchange {
    StoreReply::Kind kind = StoreReply::Kind::garbage;
    Bytes value;              // of Kind::value; holds a master secret
    bool was_closed = false;  // the server had closed before it answered anything
    std::string problem;      // why it failed, for the log; empty when it did not
  };
  /// Sends `request` and reads its reply. After a problem, and after garbage, this connection is
  /// of no more use.
  Exchange exchange(ByteView request, CacheProtocol protocol, StoreRequest kind,
                    std::string_view key, Instant deadline);

 private:
  explicit CacheConnection(int socket) noexcept : socket_(socket) {}

  int socket_ = -1;
};

}  // namespace tlsplus
