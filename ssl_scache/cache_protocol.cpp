// SPDX-License-Identifier: Apache-2.0
//
// get_request(), parse_reply() and their kin, in two protocols. memcached: doc/protocol.txt of its
// distribution. Redis: its "protocol specification" (RESP2). Only what can answer our three
// requests is accepted.
#include "ssl_scache/cache_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <optional>

#include "ssl_engine/base/text.h"
#include "ssl_scache/session_codec.h"

namespace tlsplus {
namespace {

using Kind = StoreReply::Kind;

constexpr std::string_view kPrefix = "mod_ssl-sess:";
constexpr std::string_view kLineEnd = "\r\n";
// memcached takes larger numbers for dates.
constexpr std::uint64_t kLongestMemcacheSeconds = 2592000;
constexpr std::size_t kLongestLine = 512;

constexpr std::array<std::uint32_t, 256> crc_table() noexcept {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    table[i] = crc;
  }
  return table;
}

constexpr auto kCrcTable = crc_table();

void append(Bytes& to, std::string_view text) {
  to.insert(to.end(), text.begin(), text.end());
}

Bytes resp(std::initializer_list<std::string_view> parts) {
  Bytes request;
  append(request, text('*', parts.size(), kLineEnd));
  for (const std::string_view part : parts) {
    append(request, text('$', part.size(), kLineEnd));
    append(request, part);
    append(request, kLineEnd);
  }
  return request;
}

/// The first line without its end; nothing while it is not whole.
std::optional<std::string_view> first_line(std::string_view received) noexcept {
  const auto end = received.find(kLineEnd);
  if (end == std::string_view::npos) return std::nullopt;
  return received.substr(0, end);
}

StoreReply answer(Kind kind, std::size_t length) noexcept {
  return {kind, {}, length};
}

StoreReply garbage() noexcept {
  return answer(Kind::garbage, 0);
}

/// A whole word of digits that is no longer than a session; nothing for anything else.
std::optional<std::size_t> size_in(std::string_view word) noexcept {
  std::size_t size = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), size);
  if (word.empty() || problem != std::errc() || end != word.data() + word.size()) {
    return std::nullopt;
  }
  return size <= kMaxSessionDer ? std::optional(size) : std::nullopt;
}

/// `size` octets from `start`, and `tail` behind them.
StoreReply value_reply(ByteView received, std::size_t start, std::size_t size,
                       std::string_view tail) noexcept {
  const std::string_view all = as_text(received);
  const std::size_t end = start + size + tail.size();
  if (all.size() < end) return {};
  if (all.substr(start + size, tail.size()) != tail) return garbage();
  return {Kind::value, received.subspan(start, size), end};
}

// "VALUE <key> <flags> <bytes>\r\n<data>\r\nEND\r\n"
StoreReply memcache_value(std::string_view line, std::string_view key, ByteView received) noexcept {
  line.remove_prefix(std::string_view("VALUE ").size());
  if (!line.starts_with(key)) return garbage();
  line.remove_prefix(key.size());
  if (!line.starts_with(' ')) return garbage();
  const auto blank = line.find(' ', 1);
  if (blank == std::string_view::npos) return garbage();
  const auto size = size_in(line.substr(blank + 1));
  if (!size) return garbage();
  const std::size_t start =
      static_cast<std::size_t>(line.data() + line.size() - as_text(received).data()) +
      kLineEnd.size();
  return value_reply(received, start, *size, "\r\nEND\r\n");
}

StoreReply parse_memcache(StoreRequest request, std::string_view line, std::string_view key,
                          ByteView received) noexcept {
  const std::size_t length = line.size() + kLineEnd.size();
  if (line.starts_with("SERVER_ERROR") || line.starts_with("CLIENT_ERROR")) {
    return answer(Kind::refused, length);
  }
  switch (request) {
    case StoreRequest::get:
      if (line == "END") return answer(Kind::none, length);
      return line.starts_with("VALUE ") ? memcache_value(line, key, received) : garbage();
    case StoreRequest::set:
      if (line == "STORED") return answer(Kind::done, length);
      return line == "NOT_STORED" ? answer(Kind::refused, length) : garbage();
    case StoreRequest::remove:
      if (line == "DELETED") return answer(Kind::done, length);
      return line == "NOT_FOUND" ? answer(Kind::none, length) : garbage();
  }
  return garbage();
}

StoreReply parse_redis(StoreRequest request, std::string_view line, ByteView received) noexcept {
  const std::size_t length = line.size() + kLineEnd.size();
  if (line.starts_with('-')) return answer(Kind::refused, length);
  switch (request) {
    case StoreRequest::get: {
      if (line == "$-1") return answer(Kind::none, length);
      const auto size = line.starts_with('$') ? size_in(line.substr(1)) : std::nullopt;
      return size ? value_reply(received, length, *size, kLineEnd) : garbage();
    }
    case StoreRequest::set:
      return line == "+OK" ? answer(Kind::done, length) : garbage();
    case StoreRequest::remove:
      if (line == ":1") return answer(Kind::done, length);
      return line == ":0" ? answer(Kind::none, length) : garbage();
  }
  return garbage();
}

}  // namespace

std::string store_key(ByteView id) {
  return text(kPrefix, hex(id));
}

std::size_t server_of(std::string_view key, std::size_t count) noexcept {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const Byte octet : as_bytes(key)) crc = (crc >> 8U) ^ kCrcTable[(crc ^ octet) & 0xFFU];
  const std::uint32_t hash = (~crc >> 16U) & 0x7FFFU;
  return (hash == 0 ? 1 : hash) % count;
}

Bytes get_request(CacheProtocol protocol, std::string_view key) {
  if (protocol == CacheProtocol::redis) return resp({"GET", key});
  Bytes request;
  append(request, text("get ", key, kLineEnd));
  return request;
}

Bytes set_request(CacheProtocol protocol, std::string_view key, ByteView value,
                  std::uint64_t seconds) {
  if (protocol == CacheProtocol::redis) {
    return resp({"SETEX", key, std::to_string(seconds), as_text(value)});
  }
  Bytes request;
  append(request, text("set ", key, " 0 ", std::min(seconds, kLongestMemcacheSeconds), ' ',
                       value.size(), kLineEnd));
  append(request, as_text(value));
  append(request, kLineEnd);
  return request;
}

Bytes remove_request(CacheProtocol protocol, std::string_view key) {
  if (protocol == CacheProtocol::redis) return resp({"DEL", key});
  Bytes request;
  append(request, text("delete ", key, kLineEnd));
  return request;
}

StoreReply parse_reply(CacheProtocol protocol, StoreRequest request, std::string_view key,
                       ByteView received) noexcept {
  const auto line = first_line(as_text(received).substr(0, kLongestLine));
  if (!line) return received.size() < kLongestLine ? StoreReply{} : garbage();
  const StoreReply reply = protocol == CacheProtocol::redis
                               ? parse_redis(request, *line, received)
                               : parse_memcache(request, *line, key, received);
  if (reply.kind == Kind::incomplete && received.size() > kLongestReply) return garbage();
  return reply;
}

}  // namespace tlsplus
