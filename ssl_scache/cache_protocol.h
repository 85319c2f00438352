// SPDX-License-Identifier: Apache-2.0
//
// get_request(), parse_reply() and their kin: the three requests that a session cache makes of
// memcached (its text protocol) and of Redis (RESP), and their answers. Bytes in, values out: no
// socket, no time. Whatever a server sends, an answer is recognised or it is garbage; none is
// longer than what we ever stored.
//
// Keys are those of httpd's providers, "mod_ssl-sess:" and the id in lower-case hexadecimal, so
// that servers with and without this module share a cache.
#pragma once

#include <string>
#include <string_view>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

enum class CacheProtocol : std::uint8_t { memcache, redis };

std::string store_key(ByteView id);
/// The server of `count` that httpd's clients (apr_memcache, apr_redis) would choose for `key`;
/// count > 0. The next ones, in turn, stand in for it.
std::size_t server_of(std::string_view key, std::size_t count) noexcept;

Bytes get_request(CacheProtocol protocol, std::string_view key);
/// `seconds` is at least 1.
Bytes set_request(CacheProtocol protocol, std::string_view key, ByteView value,
                  std::uint64_t seconds);
Bytes remove_request(CacheProtocol protocol, std::string_view key);

struct StoreReply {
  enum class Kind : std::uint8_t {
    incomplete,  // read more and ask again
    value,       // of a get: `value` is a part of what was parsed
    none,        // of a get or remove: there is no such entry
    done,        // of a set or remove
    refused,     // the server understood, and will not: out of memory, read-only, wants a password
    garbage      // not an answer to this request: close the connection
  };
  Kind kind = Kind::incomplete;
  ByteView value{};
  std::size_t length = 0;  // of the whole answer; unless incomplete or garbage
};

/// Which request `received` answers; a get may bring a value, the others may not.
enum class StoreRequest : std::uint8_t { get, set, remove };
/// `received` is everything that came since the request; `key` is the one asked for. An answer
/// that is still incomplete above kLongestReply is garbage.
StoreReply parse_reply(CacheProtocol protocol, StoreRequest request, std::string_view key,
                       ByteView received) noexcept;

/// The largest session and the words around it.
constexpr std::size_t kLongestReply = 10240 + 512;

}  // namespace tlsplus
