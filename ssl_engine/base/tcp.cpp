// SPDX-License-Identifier: Apache-2.0
//
// resolve(): getaddrinfo(3) cannot be told to stop, so names are looked up on threads of the C
// library's (getaddrinfo_a(3)). Threads of ours would have to end before the module is unloaded.
// Addresses need none.
#include "ssl_engine/base/tcp.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "ssl_engine/base/deadline.h"
#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

// ThreadSanitizer crashes in threads that the C library makes by itself.
#if defined(__SANITIZE_THREAD__)
#define TLSPLUS_WAITS_FOR_NAMES
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TLSPLUS_WAITS_FOR_NAMES
#endif
#endif

namespace tlsplus {
namespace {

// What WaitingEnds was told in this thread. A pointer: nothing is to be done when a thread ends.
// NOLINTNEXTLINE(*-non-const-global-variables)
thread_local constinit const std::atomic<bool>* over = nullptr;
constexpr int kLookMilliseconds = 200;  // how often it is looked at

/// For the next wait: 0 ends it all.
int remaining_here(Instant deadline) noexcept {
  if (over == nullptr) return remaining(deadline);
  return *over ? 0 : std::min(remaining(deadline), kLookMilliseconds);
}

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

struct LookedUp {
  Addresses addresses;
  int problem = 0;
};

addrinfo hints(int flags) noexcept {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  return wanted;
}

LookedUp look_up(const Endpoint& endpoint, int flags) {
  const addrinfo wanted = hints(flags);
  addrinfo* list = nullptr;
  const int problem =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &list);
  return {Addresses(problem == 0 ? list : nullptr), problem};
}

// What the library reads and writes while it looks a name up.
struct NameQuery {
  explicit NameQuery(const Endpoint& endpoint)
      : host(endpoint.host), port(std::to_string(endpoint.port)) {
    block.ar_name = host.c_str();
    block.ar_service = port.c_str();
    block.ar_request = &wanted;
  }
  NameQuery(const NameQuery&) = delete;
  NameQuery& operator=(const NameQuery&) = delete;
  ~NameQuery() {
    if (block.ar_result != nullptr) freeaddrinfo(block.ar_result);
  }

  std::string host;
  std::string port;
  addrinfo wanted = hints(0);
  gaicb block{};
  NameQuery* next = nullptr;
};

// Those that nobody waits for any more, which the library still writes to. Without a destructor: at
// the end of the process some may be under way.
// NOLINTNEXTLINE(*-non-const-global-variables)
constinit std::atomic<NameQuery*> abandoned{nullptr};

void abandon(NameQuery& query) noexcept {
  query.next = abandoned.load();
  while (!abandoned.compare_exchange_weak(query.next, &query)) {
  }
}

void free_abandoned() noexcept {
  NameQuery* query = abandoned.exchange(nullptr);
  while (query != nullptr) {
    NameQuery* const next = query->next;
    if (gai_error(&query->block) == EAI_INPROGRESS) {
      abandon(*query);
    } else {
      delete query;  // NOLINT(*-owning-memory)
    }
    query = next;
  }
}

// nullopt: not in time.
std::optional<LookedUp> look_up_until(const Endpoint& endpoint, Instant deadline) {
#ifdef TLSPLUS_WAITS_FOR_NAMES
  return look_up(endpoint, 0);
#endif
  free_abandoned();
  auto query = std::make_unique<NameQuery>(endpoint);
  gaicb* list[] = {&query->block};  // NOLINT(*-avoid-c-arrays)
  if (const int problem = getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr); problem != 0) {
    return LookedUp{nullptr, problem};
  }
  while (const int left = remaining_here(deadline)) {
    if (gai_error(&query->block) != EAI_INPROGRESS) break;
    const timespec wait{left / 1000, left % 1000 * 1'000'000L};
    (void)gai_suspend(list, 1, &wait);
  }
  const int problem = gai_error(&query->block);
  if (problem != EAI_INPROGRESS) {
    Addresses found(std::exchange(query->block.ar_result, nullptr));
    return LookedUp{problem == 0 ? std::move(found) : nullptr, problem};
  }
  if (gai_cancel(&query->block) == EAI_NOTCANCELED) abandon(*query.release());
  return std::nullopt;
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
  std::optional<LookedUp> found =
      deadline == kNoDeadline ? look_up(endpoint, 0) : look_up_until(endpoint, deadline);
  if (!found) {
    return Error{.what = text("the name ", quote(endpoint.host), " was not resolved in time"),
                 .hint = "look at the name servers in /etc/resolv.conf"};
  }
  if (found->addresses == nullptr) return not_found(endpoint, found->problem);
  return std::move(found->addresses);
}

Instant part_of(Instant deadline, std::size_t parts) noexcept {
  if (deadline == kNoDeadline || parts <= 1) return deadline;
  const Instant now = std::chrono::steady_clock::now();
  return now + (deadline - now) / static_cast<int>(parts);
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
    const std::size_t parts = addresses.size() - made.which;
    made.problem = try_address(each, made.socket, part_of(deadline, parts));
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

WaitingEnds::WaitingEnds(const std::atomic<bool>& is_over) noexcept
    : before_(std::exchange(over, &is_over)) {}

WaitingEnds::~WaitingEnds() {
  over = before_;
}

bool waiting_has_ended() noexcept {
  return over != nullptr && *over;
}

bool wait_for(int socket, short events, Instant deadline) noexcept {
  while (const int left = remaining_here(deadline)) {
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
