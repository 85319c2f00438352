// SPDX-License-Identifier: Apache-2.0
//
// parse_endpoint(): split where the port begins, judged by what inet_pton(3) knows.
#include "ssl_engine/base/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

bool is_of(int family, std::string_view host) noexcept {
  std::array<char, INET6_ADDRSTRLEN> written{};  // its end is a 0 that stays
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  if (host.size() >= written.size()) return false;
  std::ranges::copy(host, written.begin());
  return inet_pton(family, written.data(), octets.data()) == 1;
}

bool is_ipv6(std::string_view host) noexcept {
  const auto zone = host.find('%');  // RFC 4007 11
  return is_of(AF_INET6, host.substr(0, zone)) && zone != host.size() - 1;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view word, std::uint16_t default_port) {
  const auto refuse = [&](std::string_view why) {
    return Error{.what = text(quote(word), " is no host:port", why)};
  };
  std::string_view host = word;
  std::string_view rest;  // ":port"
  const auto colon = word.find(':');
  if (word.starts_with('[')) {
    const auto close = word.find(']');
    if (close == std::string_view::npos) return refuse(": it lacks its ]");
    host = word.substr(1, close - 1);
    rest = word.substr(close + 1);
    if (!is_ipv6(host)) return refuse(": no IPv6 address is in its brackets");
  } else if (colon == word.rfind(':')) {
    host = word.substr(0, colon);
    rest = word.substr(std::min(colon, word.size()));
  } else if (!is_ipv6(word)) {
    return refuse({});
  }
  if (host.empty() || (!rest.empty() && rest.front() != ':')) return refuse({});
  Endpoint endpoint{std::string(host), default_port};
  if (rest.empty()) return endpoint;
  rest.remove_prefix(1);
  const auto [end, problem] =
      std::from_chars(rest.data(), rest.data() + rest.size(), endpoint.port);
  if (problem != std::errc() || end != rest.data() + rest.size() || endpoint.port == 0) {
    return refuse(text(": port ", quote(rest), " is not from 1 to 65535"));
  }
  return endpoint;
}

std::string text_of(const Endpoint& endpoint) {
  return text(bracketed(endpoint.host), ':', endpoint.port);
}

std::string bracketed(std::string_view host) {
  const bool is_bare = host.find(':') != std::string_view::npos && !host.starts_with('[');
  return is_bare ? text('[', host, ']') : std::string(host);
}

bool is_address(std::string_view host) noexcept {
  return is_of(AF_INET, host) || is_ipv6(host);
}

}  // namespace tlsplus
