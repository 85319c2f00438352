// SPDX-License-Identifier: Apache-2.0
//
// TCP connections with an end to all waiting: names are looked up, addresses tried one after the
// other, and bytes awaited until one deadline that covers it all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"

namespace tlsplus::tools {

struct Endpoint {
  std::string host;  // a name or an address, without brackets
  std::string port;  // a number

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// "host:port", "[::1]:port", "host", "::1"; `port` if none is written.
Result<Endpoint> parse_endpoint(std::string_view word, std::string_view port);
/// As parse_endpoint() reads it.
std::string text_of(const Endpoint& endpoint);
bool is_address(const std::string& host) noexcept;

struct Connected {
  Descriptor socket;    // does not block
  std::string address;  // that answered, with its port
};
/// The Error says which part failed: the name is unknown, nobody listens, no answer.
Result<Connected> connect_to(const Endpoint& endpoint, Instant deadline);

/// Waits for POLLIN or POLLOUT; false when the deadline is over. Ready may mean closed.
bool wait_for(int socket, short events, Instant deadline) noexcept;

enum class Transfer : std::uint8_t { done, closed, timed_out, failed };
/// All of `bytes`.
Transfer send_all(int socket, ByteView bytes, Instant deadline) noexcept;
/// What there is, at least one byte; `count` says how much.
Transfer receive(int socket, MutableByteView into, std::size_t& count, Instant deadline) noexcept;

}  // namespace tlsplus::tools
