// SPDX-License-Identifier: Apache-2.0
//
// stand_in_request(): what is taken over of a client's plain HTTP. Only whole lines count: what is
// cut off would be somebody else's address.
#include "ssl_engine/connection/plain_request.h"

#include <algorithm>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostMethod = 20;
constexpr std::size_t kMostTarget = 4000;
constexpr std::size_t kMostHost = 300;  // a name of 255 octets and a port

bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

bool is_in_host(char c) noexcept {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-._:[]").find(c) != std::string_view::npos;
}

// RFC 3986: whatever else is in a target is written with '%'.
bool is_in_target(char c) noexcept {
  return c > 0x20 && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

/// Takes the next line off `rest`, without its end; empty if there is no whole one.
std::string_view next_line(std::string_view& rest) noexcept {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return rest = {};
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view value) noexcept {
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  return value;
}

std::string_view host_in(std::string_view headers) noexcept {
  constexpr std::string_view kName = "host:";
  for (auto line = next_line(headers); !line.empty(); line = next_line(headers)) {
    if (!starts_with_ignoring_case(line, kName)) continue;
    const std::string_view host = trimmed(line.substr(kName.size()));
    const bool is_good = host.size() <= kMostHost && std::ranges::all_of(host, is_in_host);
    return is_good ? host : std::string_view();
  }
  return {};
}

}  // namespace

bool begins_like_http(ByteView stream) noexcept {
  return !stream.empty() && is_upper(static_cast<char>(stream[0]));
}

std::string stand_in_request(ByteView stream) {
  std::string_view rest = as_text(stream);
  const std::string_view first = next_line(rest);
  const auto method_end = std::min(first.find(' '), first.size());
  std::string_view method = first.substr(0, method_end);
  std::string_view target = first.substr(std::min(method_end + 1, first.size()));
  target = target.substr(0, target.find(' '));
  // An answer to CONNECT or TRACE is a matter of its own.
  if (method.size() > kMostMethod || !std::ranges::all_of(method, is_upper) || method.empty() ||
      method == "CONNECT" || method == "TRACE") {
    method = "GET";
  }
  if (!target.starts_with('/') || target.size() > kMostTarget ||
      !std::ranges::all_of(target, is_in_target)) {
    target = "/";
  }
  const std::string_view host = host_in(rest);
  if (host.empty()) return text(method, ' ', target, " HTTP/1.0\r\n\r\n");
  return text(method, ' ', target, " HTTP/1.1\r\nHost: ", host, "\r\n\r\n");
}

}  // namespace tlsplus
