// SPDX-License-Identifier: Apache-2.0
//
// CacheConnection: one TCP connection to a cache server on which nothing waits beyond its deadline:
// not the connect, not a send, not a reply that stops in the middle.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/base/tcp.h"
#include "ssl_scache/cache_protocol.h"

namespace tlsplus {

/// Not thread safe; belongs to whoever took it from the pool.
class CacheConnection {
 public:
  /// The first of `addresses` that accepts before `deadline`. Errors: why the last one did not.
  static Result<CacheConnection> open(std::span<const SocketAddress> addresses, Instant deadline);

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
  explicit CacheConnection(Descriptor socket) noexcept : socket_(std::move(socket)) {}

  Descriptor socket_;
};

}  // namespace tlsplus
