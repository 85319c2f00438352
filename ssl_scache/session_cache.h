// SPDX-License-Identifier: Apache-2.0
//
// SessionCache: all the engine knows of session caches: three questions and a set of numbers. A
// cache is best effort. Whatever goes wrong behind this facade (full, locked, unreachable, corrupt)
// is a miss or a lost entry, counted and logged behind it, and costs the client a full handshake:
// never an error, never more than the bounded wait that the implementation states.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"

namespace tlsplus {

/// Counters since the server was started, over all its processes where the cache can share them
/// (`of_all_processes`), else of this process alone.
struct SessionCacheStatistics {
  std::uint64_t stores = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;     // those of `expired` and `failures` included
  std::uint64_t removes = 0;    // entries that remove() took out
  std::uint64_t evictions = 0;  // live entries given up for newer ones
  std::uint64_t expired = 0;    // entries that reached the end of their life
  std::uint64_t refused = 0;    // not stored: too large, or no room could be had at once
  std::uint64_t failures = 0;   // the store behind was busy, unreachable or answered nonsense
  // Known to the memory cache only:
  std::uint64_t entries = 0;         // live now
  std::uint64_t bytes = 0;           // they occupy
  std::uint64_t capacity_bytes = 0;  // room for entries; 0: not known
  bool of_all_processes = false;
};

/// Threads: every member may be called by any thread at any time.
class SessionCache {
 public:
  SessionCache() = default;
  SessionCache(const SessionCache&) = delete;
  SessionCache& operator=(const SessionCache&) = delete;
  virtual ~SessionCache() = default;

  /// What operators call it: "shm", "shmcb", "redis".
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  /// Keeps `der` under `id` until `expires`; an entry of that id is replaced. An id is 1..32
  /// octets (RFC 5246 7.4.1.2); other lengths, and entries that do not fit, are refused and
  /// counted. Copies both.
  virtual void store(ByteView id, ByteView der, WallTime expires) noexcept = 0;
  /// Counts an entry that was too large to be offered at all.
  virtual void count_refused() noexcept = 0;
  /// The entry, or nothing. It holds a master secret: wipe() it after use, or call
  /// recall_session() of session_codec.h, which does.
  [[nodiscard]] virtual std::optional<Bytes> retrieve(ByteView id) noexcept = 0;
  /// Makes the entry unreachable, in every process, if there is one.
  virtual void remove(ByteView id) noexcept = 0;

  [[nodiscard]] virtual SessionCacheStatistics statistics() const noexcept = 0;
};

}  // namespace tlsplus
