// SPDX-License-Identifier: Apache-2.0
//
// A session cache that tests can look into, and write into.
#pragma once

#include <map>

#include "ssl_scache/session_cache.h"

namespace tlsplus::test {

/// Keeps everything, says what it is told to say.
class MapCache final : public SessionCache {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "map"; }
  void store(ByteView id, ByteView der, WallTime at) noexcept override {
    entries[Bytes(id.begin(), id.end())] = Bytes(der.begin(), der.end());
    expires = at;
  }
  [[nodiscard]] std::optional<Bytes> retrieve(ByteView id) noexcept override {
    const auto found = entries.find(Bytes(id.begin(), id.end()));
    if (found == entries.end()) return std::nullopt;
    return found->second;
  }
  void count_refused() noexcept override { ++refused; }
  void remove(ByteView id) noexcept override { entries.erase(Bytes(id.begin(), id.end())); }
  [[nodiscard]] SessionCacheStatistics statistics() const noexcept override { return {}; }

  std::map<Bytes, Bytes> entries;
  WallTime expires;
  unsigned refused = 0;
};

}  // namespace tlsplus::test
