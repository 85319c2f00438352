// SPDX-License-Identifier: Apache-2.0
//
// TCP as a client speaks it, with an end to all waiting: names are looked up, addresses tried one
// after the other, and bytes awaited until one deadline that covers it all. Sockets never block.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/result.h"

namespace tlsplus {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};
/// In numbers: "127.0.0.1:443", "[::1]:443".
std::string text_of(const SocketAddress& address);

/// All addresses of `endpoint`, at least one. With a deadline, a name is asked for on a thread of
/// the C library's, which is left alone when time is over. Not before a fork: the library would go
/// on to count on threads that the child does not have. Whoever is before one gives kNoDeadline,
/// and waits as long as the resolver does.
Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint, Instant deadline);

struct Attempt {
  Descriptor socket;            // open if one accepted
  std::size_t which = 0;        // of the addresses
  int problem = EADDRNOTAVAIL;  // errno of the last; ETIMEDOUT also when the deadline was over
};
/// The first of `addresses` that accepts; each may take an equal part of the time that is left, so
/// that one that does not answer leaves some for the next. Small pieces are sent at once
/// (TCP_NODELAY).
Attempt connect_first(std::span<const SocketAddress> addresses, Instant deadline) noexcept;

struct Connected {
  Descriptor socket;
  std::string address;  // that answered, with its port
};
/// Both of them. The Error says which part failed: the name is unknown, nobody listens, no answer.
Result<Connected> connect_to(const Endpoint& endpoint, Instant deadline);

/// While it lives, all waiting of this thread is over a moment after `is_over` was set, as if the
/// deadline were: a process that ends waits for nobody's answer.
class WaitingEnds {
 public:
  explicit WaitingEnds(const std::atomic<bool>& is_over) noexcept;
  WaitingEnds(const WaitingEnds&) = delete;
  WaitingEnds& operator=(const WaitingEnds&) = delete;
  ~WaitingEnds();

 private:
  const std::atomic<bool>* before_;
};

/// So it is with this thread: what did not answer need not be down.
bool waiting_has_ended() noexcept;

/// Waits for POLLIN or POLLOUT; false when the deadline is over. Ready may mean closed.
bool wait_for(int socket, short events, Instant deadline) noexcept;

enum class Transfer : std::uint8_t { done, closed, timed_out, failed };  // failed: errno says why
/// All of `bytes`.
Transfer send_all(int socket, ByteView bytes, Instant deadline) noexcept;
/// What there is, at least one byte; `count` says how much.
Transfer receive(int socket, MutableByteView into, std::size_t& count, Instant deadline) noexcept;

}  // namespace tlsplus
