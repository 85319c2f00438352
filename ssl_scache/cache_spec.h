// SPDX-License-Identifier: Apache-2.0
//
// parse_cache_spec(): what the two halves of an SSLSessionCache argument mean as far as it is our
// affair: "shm:512000" is our own memory cache, everything else is a provider of httpd whose
// arguments are its own. Also what we know of the providers that come with httpd, for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/result.h"

namespace tlsplus {

struct CacheSpec {
  enum class Kind : std::uint8_t { memory, provider };
  Kind kind = Kind::memory;
  std::string provider = "shm";  // others as written: that is how they are looked up
  std::string arguments;         // as written; empty: none given
  std::size_t memory_bytes = kDefaultMemoryBytes;  // of Kind::memory
  bool in_files = false;                           // known to keep its entries in files (dbm)

  /// 512,000 as Debian and mod_ssl's documentation have it for shmcb: about 1,700 sessions.
  static constexpr std::size_t kDefaultMemoryBytes = 512000;
  static constexpr std::size_t kSmallestMemoryBytes = 65536;
  static constexpr std::size_t kLargestMemoryBytes = std::size_t{4} << 30U;
};

/// `provider` and `arguments` are what stood before and after the first colon. Without a word
/// about caches in the configuration, a default CacheSpec. An Error says why a size is refused.
Result<CacheSpec> parse_cache_spec(std::string_view provider, std::string_view arguments);

/// "host:port,[::1]:port,host" as memcache and redis take it; `default_port` where none is given.
/// An Error quotes the part that is none.
Result<std::vector<Endpoint>> parse_servers(std::string_view list, std::uint16_t default_port);

/// The module that has `provider`, "socache_redis"; empty for one that httpd does not come with.
std::string provider_module(std::string_view provider);

}  // namespace tlsplus
