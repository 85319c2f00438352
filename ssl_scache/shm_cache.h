// SPDX-License-Identifier: Apache-2.0
//
// ShmCache: our own session cache: a fixed span of memory shared by all children, without a single
// lock, so that a process killed or stopped at any instruction holds up nobody and spoils nothing.
//
// The memory is cut into shards. A shard is a ring of 64-octet units and an index.
//   store     takes the next units of the ring with one fetch_add on the shard's head (a count
//             that never wraps and never goes back), writes the entry there, then publishes it
//             with one compare-and-swap of an 8-octet word in the index. Taking units is what
//             evicts: the oldest entries of the shard lie there.
//   index     buckets of eight words, a cache line each; a word is 16 bits of the id's hash and
//             the absolute position of the entry. A full bucket gives up its oldest entry.
//   retrieve  follows the word, copies the entry, and believes it only if the entry's own
//             position is the one asked for, its 64-bit checksum fits and its id is the id asked
//             for. Anything else is a miss.
//   remove    sets the word to zero.
// Every step is a bounded number of plain atomic instructions: nobody ever waits or spins.
//
// Why this survives:
//   killed before publishing   the units are a hole that nobody points at, until the ring comes
//                              round.
//   killed while replacing     a word changes as a whole: old entry or new one.
//   stopped while writing      others pass. When it goes on after the ring has come round, it
//                              sees from the head that its units belong to someone else and
//                              gives up; at worst it has damaged one unit, whose entry then
//                              fails its checksum and is a miss. Its word points behind the
//                              head and counts as free.
// There is no recovery, because no state needs any.
//
// The memory is input, as bytes from the network are: sizes, seed and place of everything are known
// to each process by itself, and nothing is indexed by what lies there. Whatever is written over it
// ends as a miss. A head that no cache could have reached begins anew with the next store; the next
// generation lays the whole out anew if it finds one, or a header that is not as it was.
//
// All shared words are std::atomic and accessed as such: no data race in the sense of the
// language. Counters are per shard and approximate only in that they are read one by one.
#pragma once

#include <atomic>
#include <memory>

#include "ssl_engine/base/result.h"
#include "ssl_scache/session_cache.h"

namespace tlsplus {

class ShmCache final : public SessionCache {
 public:
  /// Room for one shard with its index; less makes no sense with sessions of up to 10 KiB.
  static constexpr std::size_t kMinimumBytes = 65536;
  static constexpr std::size_t kMaximumIdBytes = 32;  // RFC 5246 7.4.1.2

  /// An empty cache in `memory`, which the caller shares between processes (MAP_SHARED) and keeps
  /// for as long as any of them uses it. It starts at a page, or at least at a cache line.
  /// Errors: too small, misaligned, no random numbers. `clock` must outlive the cache.
  static Result<std::unique_ptr<ShmCache>> create(MutableByteView memory, const Clock& clock);
  /// The cache that create() laid out there, entries and all, or null if these bytes are not one
  /// of this very layout and size, or bear marks of somebody else's writing.
  static std::unique_ptr<ShmCache> attach(MutableByteView memory, const Clock& clock);

  [[nodiscard]] std::string_view name() const noexcept override { return "shm"; }
  void store(ByteView id, ByteView der, WallTime expires) noexcept override;
  void count_refused() noexcept override;
  [[nodiscard]] std::optional<Bytes> retrieve(ByteView id) noexcept override;
  void remove(ByteView id) noexcept override;
  /// Walks the index: meant for a status page, not for a handshake.
  [[nodiscard]] SessionCacheStatistics statistics() const noexcept override;

  /// The largest entry (id and DER) that can be kept.
  [[nodiscard]] std::size_t max_entry_bytes() const noexcept;

 private:
  using Word = std::atomic<std::uint64_t>;
  struct Header;
  struct Counters;
  struct Shard;
  struct Key;
  struct Entry;

  /// Where everything lies in memory of a size.
  struct Geometry {
    std::uint64_t total_bytes = 0;
    std::uint64_t shards = 0;
    std::uint64_t buckets = 0;  // of a shard; a power of two
    std::uint64_t units = 0;    // of a shard's ring

    static Geometry of(std::size_t bytes) noexcept;
    [[nodiscard]] std::uint64_t shard_words() const noexcept;
    bool operator==(const Geometry&) const = default;
  };

  ShmCache(Word* shards, const Geometry& geometry, std::uint64_t seed, const Clock& clock) noexcept
      : shards_(shards), geometry_(geometry), seed_(seed), clock_(clock) {}

  [[nodiscard]] Key key_of(ByteView id) const noexcept;
  [[nodiscard]] Shard shard_at(std::uint64_t number) const noexcept;
  [[nodiscard]] std::uint64_t now() const noexcept;

  Word* shards_;
  const Geometry geometry_;
  const std::uint64_t seed_;
  const Clock& clock_;
};

}  // namespace tlsplus
