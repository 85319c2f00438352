// SPDX-License-Identifier: Apache-2.0
//
// getaddrinfo() cannot be told to stop, so names are looked up on a thread that is left alone when
// time is over; it owns what it needs. Addresses need no thread.
#include "ssl_engine/base/tcp.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <array>
#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "ssl_engine/base/deadline.h"
#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

struct LookedUp {
  Addresses addresses;
  int problem = 0;
};

LookedUp look_up(const Endpoint& endpoint, int flags) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int problem =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &list);
  return {Addresses(problem == 0 ? list : nullptr), problem};
}

Error not_found(const Endpoint& endpoint, int problem) {
  return {
      .what = text("there is no address for ", quote(endpoint.host), ": ", gai_strerror(problem)),
      .hint = "check the spelling, and the DNS record"};
}

Result<Addresses> addresses_of(const Endpoint& endpoint, Instant deadline) {
  if (LookedUp at_once = look_up(endpoint, AI_NUMERICHOST); at_once.addresses != nullptr) {
    return std::move(at_once.addresses);
  }
  LookedUp found;
  if (deadline == kNoDeadline) {
    found = look_up(endpoint, 0);
  } else {
    auto promise = std::make_shared<std::promise<LookedUp>>();
    auto answer = promise->get_future();
    std::thread([promise, endpoint] { promise->set_value(look_up(endpoint, 0)); }).detach();
    if (answer.wait_until(deadline) != std::future_status::ready) {
      return Error{.what = text("the name ", quote(endpoint.host), " was not resolved in time"),
                   .hint = "look at the name servers in /etc/resolv.conf"};
    }
    found = answer.get();
  }
  if (found.addresses == nullptr) return not_found(endpoint, found.problem);
  return std::move(found.addresses);
}

// 0, or what stopped it.
int try_address(const SocketAddress& to, Descriptor& into, Instant deadline) noexcept {
  Descriptor made(socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.is_open()) return errno;
  const int on = 1;
  (void)setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(made.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.length) != 0) {
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(made.get(), POLLOUT, deadline)) return ETIMEDOUT;
    int problem = 0;
    socklen_t size = sizeof problem;
    if (getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) return errno;
    if (problem != 0) return problem;
  }
  into = std::move(made);
  return 0;
}

Error not_connected(const Endpoint& endpoint, std::span<const SocketAddress> addresses,
                    int problem) {
  std::string tried;
  for (const SocketAddress& each : addresses) {
    tried += (tried.empty() ? "" : " and ") + text_of(each);
  }
  if (problem == ECONNREFUSED) {
    return {.what = text("connection refused: nobody listens on ", tried),
            .hint = text("is the server running, and does its configuration have Listen ",
                         endpoint.port, "? ss -ltn shows who listens")};
  }
  if (problem == ETIMEDOUT) {
    return {.what = text(text_of(endpoint), " does not answer: no connection in time to ", tried),
            .hint = "a firewall that drops packets, or a host that is down"};
  }
  return {.what = text("no connection to ", tried, ": ", errno_text(problem))};
}

bool would_wait() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

std::string text_of(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage), address.length, host.data(),
                  host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return text(bracketed(host.data()), ':', port.data());
}

Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint, Instant deadline) {
  const auto found = addresses_of(endpoint, deadline);
  if (!found) return found.error();
  std::vector<SocketAddress> addresses;
  for (const addrinfo* each = found->get(); each != nullptr; each = each->ai_next) {
    SocketAddress address;
    if (each->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.length = each->ai_addrlen;
    addresses.push_back(address);
  }
  if (addresses.empty()) return not_found(endpoint, EAI_NONAME);
  return addresses;
}

Attempt connect_first(std::span<const SocketAddress> addresses, Instant deadline) noexcept {
  Attempt made;
  for (const SocketAddress& each : addresses) {
    made.problem = try_address(each, made.socket, deadline);
    if (made.problem == 0) break;
    ++made.which;
  }
  return made;
}

Result<Connected> connect_to(const Endpoint& endpoint, Instant deadline) {
  const auto addresses = resolve(endpoint, deadline);
  if (!addresses) return addresses.error();
  Attempt made = connect_first(*addresses, deadline);
  if (!made.socket.is_open()) return not_connected(endpoint, *addresses, made.problem);
  return Connected{std::move(made.socket), text_of((*addresses)[made.which])};
}

bool wait_for(int socket, short events, Instant deadline) noexcept {
  while (const int left = remaining(deadline)) {
    pollfd one{socket, events, 0};
    const int ready = poll(&one, 1, left);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

Transfer send_all(int socket, ByteView bytes, Instant deadline) noexcept {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (sent < 0 && would_wait()) {
      if (!wait_for(socket, POLLOUT, deadline)) return Transfer::timed_out;
    } else if (sent == 0 || errno != EINTR) {
      return Transfer::failed;
    }
  }
  return Transfer::done;
}

Transfer receive(int socket, MutableByteView into, std::size_t& count, Instant deadline) noexcept {
  count = 0;
  for (;;) {
    const ssize_t got = recv(socket, into.data(), into.size(), 0);
    if (got > 0) {
      count = static_cast<std::size_t>(got);
      return Transfer::done;
    }
    if (got == 0) return Transfer::closed;
    if (errno == EINTR) continue;
    if (!would_wait()) return Transfer::failed;
    if (!wait_for(socket, POLLIN, deadline)) return Transfer::timed_out;
  }
}

}  // namespace tlsplus
