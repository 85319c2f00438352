// SPDX-License-Identifier: Apache-2.0
//
// Sessions for a cache, each with the only right content for its number.
#pragma once

#include <array>
#include <cstring>

#include "ssl_scache/shm_cache.h"
#include "t/unit/shared_memory.h"

namespace tlsplus::test {

inline std::unique_ptr<ShmCache> make_cache(const SharedMemory& memory, const Clock& clock) {
  auto made = ShmCache::create(memory.bytes(), clock);
  ck_assert_msg(static_cast<bool>(made), "create");
  return std::move(*made);
}

using Id = std::array<Byte, 32>;

inline Id id_of(std::uint64_t number) {
  std::mt19937_64 random(number);
  Id id{};
  for (std::size_t i = 0; i < id.size(); i += 8) {
    const std::uint64_t word = random();
    std::memcpy(id.data() + i, &word, 8);
  }
  return id;
}

/// The only right content for `number`: its own length, and bytes that follow from both.
inline Bytes content_of(std::uint64_t number, std::size_t longest = 2000) {
  std::mt19937_64 random(~number);
  Bytes content(1 + random() % longest);
  for (Byte& byte : content) byte = static_cast<Byte>(random());
  return content;
}

inline ByteView view(const std::optional<Bytes>& bytes) {
  return *bytes;
}

inline bool same(ByteView a, ByteView b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace tlsplus::test
