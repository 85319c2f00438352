// SPDX-License-Identifier: Apache-2.0
//
// Endpoint: a host and a port, and the one reader of how people write them. An IPv6 address has
// colons of its own: with a port behind it, it stands in brackets.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "ssl_engine/base/result.h"

namespace tlsplus {

constexpr std::uint16_t kHttpPort = 80;  // RFC 9110 4.2
constexpr std::uint16_t kHttpsPort = 443;

struct Endpoint {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the comparison's own 0 for a pointer.
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// "host", "host:port", "::1", "[::1]", "[::1]:port"; `default_port` where none is written. The
/// Error quotes the word, and the port if that is what is wrong.
Result<Endpoint> parse_endpoint(std::string_view word, std::uint16_t default_port);
/// As parse_endpoint() reads it.
std::string text_of(const Endpoint& endpoint);
/// As it stands before a port and in a URL: an IPv6 address in brackets, which it may have already.
std::string bracketed(std::string_view host);
/// An address in numbers, of either family; "fe80::1%eth0" is one.
bool is_address(std::string_view host) noexcept;

}  // namespace tlsplus
