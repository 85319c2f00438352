// SPDX-License-Identifier: Apache-2.0
//
// getaddrinfo() cannot be told to stop, so names are looked up on a thread that is left alone when
// time is over; it owns what it needs. Addresses need no thread.
#include "ssl_engine/tools/net.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/tools/arguments.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

struct LookedUp {
  Addresses addresses;
  int problem = 0;
};

std::string words_for(int error_number) {
  std::array<char, 128> words{};
  return strerror_r(error_number, words.data(), words.size());
}

LookedUp look_up(const Endpoint& endpoint, int flags) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int problem = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &wanted, &list);
  return {Addresses(problem == 0 ? list : nullptr), problem};
}

Result<Addresses> addresses_of(const Endpoint& endpoint, Instant deadline) {
  if (LookedUp at_once = look_up(endpoint, AI_NUMERICHOST); at_once.addresses != nullptr) {
    return std::move(at_once.addresses);
  }
  auto promise = std::make_shared<std::promise<LookedUp>>();
  auto answer = promise->get_future();
  std::thread([promise, endpoint] { promise->set_value(look_up(endpoint, 0)); }).detach();
  if (answer.wait_until(deadline) != std::future_status::ready) {
    return refusal(text("the name ", quote(endpoint.host), " was not resolved in time"),
                   "look at the name servers in /etc/resolv.conf");
  }
  LookedUp found = answer.get();
  if (found.addresses == nullptr) {
    return refusal(
        text("there is no address for ", quote(endpoint.host), ": ", gai_strerror(found.problem)),
        "check the spelling, and the DNS record; an address may be given, and the name with --sni");
  }
  return std::move(found.addresses);
}

std::string numeric(const addrinfo& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(address.ai_addr, address.ai_addrlen, host.data(), host.size(), port.data(),
                  port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return text_of({host.data(), port.data()});
}

// 0, or what stopped it.
int try_address(const addrinfo& address, Descriptor& into, Instant deadline) {
  Descriptor socket_of(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_of.is_open()) return errno;
  if (connect(socket_of.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(socket_of.get(), POLLOUT, deadline)) return ETIMEDOUT;
    int problem = 0;
    socklen_t size = sizeof problem;
    (void)getsockopt(socket_of.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) return problem;
  }
  into = std::move(socket_of);
  return 0;
}

Error not_connected(const Endpoint& endpoint, const std::string& tried, int problem) {
  const std::string where = text_of(endpoint);
  if (problem == ECONNREFUSED) {
    return refusal(text("connection refused: nobody listens on ", tried),
                   text("is the server running, and does its configuration have Listen ",
                        endpoint.port, "? ss -ltn shows who listens"));
  }
  if (problem == ETIMEDOUT) {
    return refusal(text(where, " does not answer: no connection in time to ", tried),
                   "a firewall that drops packets, or a host that is down");
  }
  return refusal(text("no connection to ", tried, ": ", words_for(problem)));
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view word, std::string_view port) {
  Endpoint endpoint{{}, std::string(port)};
  std::optional<std::string_view> given;
  if (word.starts_with("https://")) {
    return refusal(text(quote(word), " is a URL"), "write host:port, without https:// and path");
  }
  if (word.starts_with('[')) {
    const std::size_t close = word.find(']');
    if (close == std::string_view::npos) return refusal(text(quote(word), " lacks its ]"));
    endpoint.host = word.substr(1, close - 1);
    const std::string_view rest = word.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return refusal(text(quote(word), " is not host:port"));
    if (!rest.empty()) given = rest.substr(1);
  } else if (const std::size_t colon = word.find(':');
             colon == std::string_view::npos ||
             word.find(':', colon + 1) != std::string_view::npos) {
    endpoint.host = word;  // no colon, or an IPv6 address as it is
  } else {
    endpoint.host = word.substr(0, colon);
    given = word.substr(colon + 1);
  }
  constexpr long kMostPort = 65535;
  if (given) {
    const auto number = number_in("port", *given, 1, kMostPort);
    if (!number) return number.error();
    endpoint.port = std::to_string(*number);
  }
  if (endpoint.host.empty()) return refusal(text(quote(word), " names no host"));
  return endpoint;
}

std::string text_of(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  return is_v6 ? text('[', endpoint.host, "]:", endpoint.port)
               : text(endpoint.host, ':', endpoint.port);
}

bool is_address(const std::string& host) noexcept {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  return inet_pton(AF_INET, host.c_str(), octets.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), octets.data()) == 1;
}

Result<Connected> connect_to(const Endpoint& endpoint, Instant deadline) {
  const auto addresses = addresses_of(endpoint, deadline);
  if (!addresses) return addresses.error();
  Connected made;
  std::string tried;
  int problem = 0;
  for (const addrinfo* at = addresses->get(); at != nullptr; at = at->ai_next) {
    made.address = numeric(*at);
    problem = try_address(*at, made.socket, deadline);
    if (problem == 0) return made;
    tried += (tried.empty() ? "" : " and ") + made.address;
  }
  return not_connected(endpoint, tried, problem);
}

bool wait_for(int socket, short events, Instant deadline) noexcept {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{socket, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Transfer send_all(int socket, ByteView bytes, Instant deadline) noexcept {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
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
    if (errno != EAGAIN && errno != EWOULDBLOCK) return Transfer::failed;
    if (!wait_for(socket, POLLIN, deadline)) return Transfer::timed_out;
  }
}

}  // namespace tlsplus::tools
