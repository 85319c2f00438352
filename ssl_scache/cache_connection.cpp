// SPDX-License-Identifier: Apache-2.0
//
// Sockets are non-blocking and every wait is a poll() with what is left until the deadline.
#include "ssl_scache/cache_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>

#include "ssl_engine/base/secret.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using std::chrono::steady_clock;
constexpr std::string_view kNoAnswer = "no answer in time";

std::string reason_of(int number) {
  return std::generic_category().message(number);
}

/// True once `socket` is ready for `events`; false when the deadline has passed.
bool wait_for(int socket, short events, Instant deadline) noexcept {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd entry{socket, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// 0 when connected, else the error number.
int connect_before(int socket, const StoreAddress& to, Instant deadline) noexcept {
  const auto* address = reinterpret_cast<const sockaddr*>(&to.address);
  if (connect(socket, address, to.length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(socket, POLLOUT, deadline)) return ETIMEDOUT;
  int problem = 0;
  socklen_t size = sizeof(problem);
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 ? problem : errno;
}

/// Empty when all was sent.
std::string send_all(int socket, ByteView request, Instant deadline) {
  while (!request.empty()) {
    const ssize_t sent = send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      request = request.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(socket, POLLOUT, deadline)) return std::string(kNoAnswer);
    } else if (errno != EINTR) {
      return reason_of(errno);
    }
  }
  return {};
}

}  // namespace

Result<std::vector<StoreAddress>> resolve_store(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int problem = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (problem != 0) {
    return Error{.what = text(host, ": ", gai_strerror(problem))};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  std::vector<StoreAddress> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    StoreAddress address;
    if (each->ai_addrlen > sizeof(address.address)) continue;
    std::memcpy(&address.address, each->ai_addr, each->ai_addrlen);
    address.length = each->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

Result<CacheConnection> CacheConnection::open(const std::vector<StoreAddress>& addresses,
                                              Instant deadline) {
  int problem = EADDRNOTAVAIL;
  for (const StoreAddress& each : addresses) {
    CacheConnection made(
        socket(each.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    problem = made.socket_ < 0 ? errno : connect_before(made.socket_, each, deadline);
    if (problem != 0) continue;
    const int on = 1;
    (void)setsockopt(made.socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return made;
  }
  return Error{.what = problem == ETIMEDOUT ? std::string(kNoAnswer) : reason_of(problem)};
}

CacheConnection::~CacheConnection() {
  if (socket_ >= 0) close(socket_);
}

CacheConnection::Exchange CacheConnection::exchange(ByteView request, CacheProtocol protocol,
                                                    StoreRequest kind, std::string_view key,
                                                    Instant deadline) {
  Exchange result;
  result.problem = send_all(socket_, request, deadline);
  if (!result.problem.empty()) {
    result.was_closed = result.problem != kNoAnswer;
    return result;
  }
  Bytes received(kLongestReply + 1);
  std::size_t used = 0;
  while (result.problem.empty()) {
    const StoreReply reply = parse_reply(protocol, kind, key, ByteView(received).first(used));
    if (reply.kind != StoreReply::Kind::incomplete) {
      // Something behind the answer is an answer to a question we did not ask.
      const bool surplus = reply.length != 0 && reply.length != used;
      result.kind = surplus ? StoreReply::Kind::garbage : reply.kind;
      if (result.kind == StoreReply::Kind::value) {
        result.value.assign(reply.value.begin(), reply.value.end());
      } else if (result.kind == StoreReply::Kind::garbage) {
        result.problem = "an answer that is none";
      } else if (result.kind == StoreReply::Kind::refused) {
        result.problem = quote(as_text(ByteView(received).first(std::min<std::size_t>(used, 80))));
      }
      break;
    }
    const ssize_t got = recv(socket_, received.data() + used, received.size() - used, 0);
    if (got > 0) {
      used += static_cast<std::size_t>(got);
    } else if (got == 0) {
      result.was_closed = used == 0;
      result.problem = "connection closed";
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(socket_, POLLIN, deadline)) result.problem = kNoAnswer;
    } else if (errno != EINTR) {
      result.was_closed = used == 0;
      result.problem = reason_of(errno);
    }
  }
  wipe(MutableByteView(received).first(used));
  return result;
}

}  // namespace tlsplus
