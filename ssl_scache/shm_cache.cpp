// SPDX-License-Identifier: Apache-2.0
//
// ShmCache: the algorithm is described at the top of shm_cache.h. Here, everything that two
// processes may touch at once is a Word, and every function says which order it needs: publishing
// an index word releases the entry's words, following one acquires them; the rest is relaxed,
// because the checksum and not the order is what makes an entry believable.
#include "ssl_scache/shm_cache.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <exception>
#include <new>
#include <span>

#include "ssl_engine/base/secret.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/random.h"

namespace tlsplus {
namespace {

constexpr std::size_t kLineBytes = 64;  // of the processor's cache; nothing shared straddles one
constexpr std::uint64_t kUnitWords = 8;
constexpr std::uint64_t kUnitBytes = 64;
constexpr std::uint64_t kBucketWords = 8;
constexpr std::uint64_t kMaximumShards = 64;
// One bucket for so many octets: two to four index words for each entry of 192 octets, the
// smallest that occurs, so that buckets rarely overflow before the ring comes round.
constexpr std::uint64_t kBytesPerBucket = 768;
// A single entry never flushes more than this part of a shard.
constexpr std::uint64_t kLargestShare = 4;
constexpr int kPublishAttempts = 4;

constexpr std::uint64_t kMagic = 0x3230436853734C54;  // "TLsShC02"; the digits are the layout

constexpr unsigned kPositionBits = 48;
constexpr std::uint64_t kPositionMask = (std::uint64_t{1} << kPositionBits) - 1;
// No head gets there by counting: a million units a second would need four years.
constexpr std::uint64_t kLastHead = kPositionMask >> 1U;

// Words of an entry.
constexpr std::uint64_t kStamp = 0;  // its own absolute position + 1
constexpr std::uint64_t kHash = 1;
constexpr std::uint64_t kExpires = 2;  // seconds since 1970
constexpr std::uint64_t kLengths = 3;  // id << 32 | DER, octets
constexpr std::uint64_t kChecksum = 4;
constexpr std::uint64_t kId = 5;
constexpr std::uint64_t kIdWords = ShmCache::kMaximumIdBytes / 8;
constexpr std::uint64_t kData = kId + kIdWords;

constexpr std::uint64_t mix(std::uint64_t sum, std::uint64_t word) noexcept {
  sum = (sum ^ word) * 0x9FB21C651E98DF25;
  return sum ^ (sum >> 29U);
}

constexpr std::uint64_t words_of(std::uint64_t bytes) noexcept {
  return (bytes + 7) / 8;
}

/// The 8 octets at `at`, or what is left of them followed by zeros.
std::uint64_t word_at(ByteView bytes, std::uint64_t at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
  return word;
}

}  // namespace

/// What attach() must know and cannot know by itself, and what tells it that the rest fits. Written
/// by create(), read by attach(), by nobody else.
struct alignas(kLineBytes) ShmCache::Header {
  Word magic;
  Word seed;
  Word shards;
  Word buckets;
  Word units;
  Word total_bytes;
  Word checksum;
  Word unused;

  static std::uint64_t checksum_of(const Geometry& geometry, std::uint64_t seed) noexcept {
    std::uint64_t sum = mix(mix(kMagic, seed), geometry.total_bytes);
    return mix(mix(mix(sum, geometry.shards), geometry.buckets), geometry.units);
  }

  void write(const Geometry& geometry, std::uint64_t new_seed) noexcept {
    seed = new_seed;
    shards = geometry.shards;
    buckets = geometry.buckets;
    units = geometry.units;
    total_bytes = geometry.total_bytes;
    checksum = checksum_of(geometry, new_seed);
    magic = kMagic;
  }

  /// The seed, if this is the header of such a cache.
  [[nodiscard]] std::optional<std::uint64_t> read(const Geometry& expected) const noexcept {
    const std::uint64_t found = seed;
    if (magic != kMagic || Geometry{total_bytes, shards, buckets, units} != expected ||
        checksum != checksum_of(expected, found)) {
      return std::nullopt;
    }
    return found;
  }
};

struct alignas(kLineBytes) ShmCache::Counters {
  Word stores;
  Word hits;
  Word misses;
  Word removes;
  Word evictions;
  Word expired;
  Word refused;
  Word unused;
};

/// What an id comes to: which shard, which bucket, and the bits kept in the index.
struct ShmCache::Key {
  std::uint64_t hash = 0;
  std::array<std::uint64_t, kIdWords> id{};
  std::uint64_t id_bytes = 0;

  [[nodiscard]] std::uint64_t shard() const noexcept { return hash & (kMaximumShards - 1); }
  [[nodiscard]] std::uint64_t tag() const noexcept { return hash & ~kPositionMask; }
};

/// The head of an entry, copied out of shared memory.
struct ShmCache::Entry {
  std::uint64_t stamp = 0;
  std::uint64_t hash = 0;
  std::uint64_t expires = 0;
  std::uint64_t lengths = 0;

  [[nodiscard]] std::uint64_t id_bytes() const noexcept { return lengths >> 32U; }
  [[nodiscard]] std::uint64_t der_bytes() const noexcept { return lengths & 0xFFFFFFFF; }
  [[nodiscard]] std::uint64_t units() const noexcept {
    return (kData + words_of(der_bytes()) + kUnitWords - 1) / kUnitWords;
  }
  [[nodiscard]] std::uint64_t checksum(std::span<const std::uint64_t, kIdWords> id) const noexcept {
    std::uint64_t sum = mix(mix(mix(mix(kMagic, stamp), hash), expires), lengths);
    for (const std::uint64_t word : id) sum = mix(sum, word);
    return sum;
  }
};

/// A shard as pointers into the segment; made on the stack for one operation.
struct ShmCache::Shard {
  Word& head;  // units taken since the beginning
  Counters& counters;
  Word* index;
  Word* ring;
  std::uint64_t buckets;
  std::uint64_t units;

  [[nodiscard]] std::span<Word, kBucketWords> bucket(std::uint64_t hash) const noexcept {
    const std::uint64_t number = (hash >> 6U) & (buckets - 1);
    return std::span<Word, kBucketWords>(index + number * kBucketWords, kBucketWords);
  }

  /// Word `offset` of the entry that starts at `position`; entries wrap around the ring's end.
  [[nodiscard]] Word& word(std::uint64_t position, std::uint64_t offset) const noexcept {
    const std::uint64_t linear = position % units * kUnitWords + offset;
    const std::uint64_t words = units * kUnitWords;
    return ring[linear < words ? linear : linear - words];
  }

  /// The next `count` units of the ring. Nothing: the head is not one that was counted up to.
  /// It begins anew; what the index has of before lies behind it and counts as free.
  [[nodiscard]] std::optional<std::uint64_t> take(std::uint64_t count) const noexcept {
    const std::uint64_t position = head.fetch_add(count, std::memory_order_relaxed);
    if (position < kLastHead) return position;
    std::uint64_t seen = head.load(std::memory_order_relaxed);
    if (seen >= kLastHead) head.compare_exchange_strong(seen, 0, std::memory_order_relaxed);
    return std::nullopt;
  }
  /// True while nobody has taken the units at `position` anew.
  [[nodiscard]] bool holds(std::uint64_t position) const noexcept {
    const std::uint64_t taken = head.load(std::memory_order_relaxed);
    return position < taken && taken - position <= units;
  }
  [[nodiscard]] bool is_live(std::uint64_t index_word) const noexcept {
    return index_word != 0 && holds((index_word & kPositionMask) - 1);
  }

  /// False for a length that store() does not write.
  [[nodiscard]] bool may_hold(const Entry& entry) const noexcept {
    return entry.units() <= units / kLargestShare;
  }

  [[nodiscard]] Entry entry_at(std::uint64_t position) const noexcept {
    const auto get = [&](std::uint64_t field) {
      return word(position, field).load(std::memory_order_relaxed);
    };
    return {get(kStamp), get(kHash), get(kExpires), get(kLengths)};
  }

  [[nodiscard]] bool has_id(std::uint64_t position, const Key& key) const noexcept {
    const Entry entry = entry_at(position);
    if (entry.stamp != position + 1 || entry.hash != key.hash) return false;
    if (entry.id_bytes() != key.id_bytes) return false;
    for (std::uint64_t i = 0; i < kIdWords; ++i) {
      if (word(position, kId + i).load(std::memory_order_relaxed) != key.id[i]) return false;
    }
    return true;
  }

  void make_room(std::uint64_t position, std::uint64_t count, std::uint64_t now) noexcept;
  bool write(std::uint64_t position, const Entry& entry, const Key& key, ByteView der) noexcept;
  bool publish(std::uint64_t position, const Key& key, std::uint64_t now) noexcept;
  bool read(std::uint64_t position, const Key& key, Bytes& der, std::uint64_t& expires) const;
  void count_loss(std::uint64_t expires, std::uint64_t now) noexcept {
    count(expires <= now ? counters.expired : counters.evictions);
  }
  static void count(Word& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }
};

std::uint64_t ShmCache::Geometry::shard_words() const noexcept {
  return (2 + buckets) * kBucketWords + units * kUnitWords;
}

ShmCache::Geometry ShmCache::Geometry::of(std::size_t bytes) noexcept {
  Geometry geometry;
  geometry.total_bytes = bytes;
  const std::uint64_t room = bytes - sizeof(Header);
  geometry.shards =
      std::clamp<std::uint64_t>(std::bit_floor(bytes / kMinimumBytes), 1, kMaximumShards);
  const std::uint64_t shard_bytes = room / geometry.shards / kLineBytes * kLineBytes;
  geometry.buckets = std::bit_ceil(shard_bytes / kBytesPerBucket);
  geometry.units = shard_bytes / kUnitBytes - 2 - geometry.buckets;
  return geometry;
}

Result<std::unique_ptr<ShmCache>> ShmCache::create(MutableByteView memory, const Clock& clock) {
  static_assert(Word::is_always_lock_free && sizeof(Word) == 8, "a lock would defeat the purpose");
  static_assert(sizeof(Counters) == kLineBytes && sizeof(Header) == kLineBytes);
  if (memory.size() < kMinimumBytes) {
    return Error{text("a session cache of ", memory.size(), " bytes is too small"),
                 {},
                 text("give it at least ", kMinimumBytes, " bytes"),
                 0,
                 nullptr};
  }
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % kLineBytes != 0) {
    return Error{"the session cache's memory is not aligned", {}, {}, 0, nullptr};
  }
  std::array<Byte, 8> seed{};
  if (!random_private(seed)) {
    return Error{"no random numbers for the session cache", {}, {}, 0, nullptr};
  }
  const Geometry geometry = Geometry::of(memory.size());
  auto* header = std::construct_at(reinterpret_cast<Header*>(memory.data()));
  auto* shards = reinterpret_cast<Word*>(header + 1);
  // Touches every page: memory that is not there is found now and not in a handshake.
  std::uninitialized_value_construct_n(shards, geometry.shards * geometry.shard_words());
  header->write(geometry, word_at(seed, 0));
  return std::unique_ptr<ShmCache>(new ShmCache(shards, geometry, word_at(seed, 0), clock));
}

std::unique_ptr<ShmCache> ShmCache::attach(MutableByteView memory, const Clock& clock) {
  if (memory.size() < kMinimumBytes) return nullptr;
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % kLineBytes != 0) return nullptr;
  auto* header = std::launder(reinterpret_cast<Header*>(memory.data()));
  const Geometry geometry = Geometry::of(memory.size());
  const auto seed = header->read(geometry);
  if (!seed) return nullptr;
  std::unique_ptr<ShmCache> cache(
      new ShmCache(reinterpret_cast<Word*>(header + 1), geometry, *seed, clock));
  for (std::uint64_t number = 0; number < geometry.shards; ++number) {
    if (cache->shard_at(number).head.load(std::memory_order_relaxed) >= kLastHead) return nullptr;
  }
  return cache;
}

std::uint64_t ShmCache::now() const noexcept {
  return static_cast<std::uint64_t>(seconds_since_1970(clock_.wall()));
}

std::size_t ShmCache::max_entry_bytes() const noexcept {
  return geometry_.units / kLargestShare * kUnitBytes - kData * 8;
}

// Clients choose the ids they ask for; the seed keeps them from aiming at one bucket.
ShmCache::Key ShmCache::key_of(ByteView id) const noexcept {
  Key key;
  std::memcpy(key.id.data(), id.data(), id.size());
  key.id_bytes = id.size();
  key.hash = mix(seed_, id.size());
  for (const std::uint64_t word : key.id) key.hash = mix(key.hash, word);
  key.hash = mix(key.hash, seed_);
  return key;
}

ShmCache::Shard ShmCache::shard_at(std::uint64_t number) const noexcept {
  Word* words = shards_ + number % geometry_.shards * geometry_.shard_words();
  Word* index = words + 2 * kBucketWords;
  return {*words,
          *reinterpret_cast<Counters*>(words + kBucketWords),
          index,
          index + geometry_.buckets * kBucketWords,
          geometry_.buckets,
          geometry_.units};
}

/// Takes what still lies in the `count` units at `position` out of the index. The entries there
/// are the oldest of the shard.
void ShmCache::Shard::make_room(std::uint64_t position, std::uint64_t count,
                                std::uint64_t now) noexcept {
  for (std::uint64_t unit = position; unit < position + count; ++unit) {
    if (unit < units) continue;
    const std::uint64_t old = unit - units;
    if (word(old, kStamp).load(std::memory_order_relaxed) != old + 1) continue;
    const Entry entry = entry_at(old);
    for (Word& slot : bucket(entry.hash)) {
      std::uint64_t seen = slot.load(std::memory_order_relaxed);
      if ((seen & kPositionMask) != old + 1) continue;
      if (slot.compare_exchange_strong(seen, 0, std::memory_order_relaxed)) {
        count_loss(entry.expires, now);
      }
    }
  }
}

/// Fills the units at `position`. False: they were taken by others while this process slept.
bool ShmCache::Shard::write(std::uint64_t position, const Entry& entry, const Key& key,
                            ByteView der) noexcept {
  std::uint64_t sum = entry.checksum(key.id);
  const auto put = [&](std::uint64_t offset, std::uint64_t value) {
    word(position, offset).store(value, std::memory_order_relaxed);
  };
  if (!holds(position)) return false;
  put(kStamp, entry.stamp);
  put(kHash, entry.hash);
  put(kExpires, entry.expires);
  put(kLengths, entry.lengths);
  for (std::uint64_t i = 0; i < kIdWords; ++i) put(kId + i, key.id[i]);
  for (std::uint64_t i = 0; i < words_of(der.size()); ++i) {
    if ((kData + i) % kUnitWords == 0 && !holds(position)) return false;
    const std::uint64_t value = word_at(der, i * 8);
    put(kData + i, value);
    sum = mix(sum, value);
  }
  put(kChecksum, sum);
  return holds(position);
}

/// Makes the entry at `position` findable. False: the bucket changed under us again and again.
bool ShmCache::Shard::publish(std::uint64_t position, const Key& key, std::uint64_t now) noexcept {
  const std::uint64_t published = key.tag() | (position + 1);
  for (int attempt = 0; attempt < kPublishAttempts; ++attempt) {
    Word* target = nullptr;
    std::uint64_t seen = 0;
    bool evicts = false;
    for (Word& slot : bucket(key.hash)) {
      const std::uint64_t word = slot.load(std::memory_order_acquire);
      const bool live = is_live(word);
      const std::uint64_t at = (word & kPositionMask) - 1;
      if (live && (word & ~kPositionMask) == key.tag() && has_id(at, key)) {
        target = &slot;
        seen = word;
        evicts = false;
        break;
      }
      const bool older = evicts && live && at < (seen & kPositionMask) - 1;
      if (target == nullptr || older || (evicts && !live)) {
        target = &slot;
        seen = word;
        evicts = live;
      }
    }
    if (target == nullptr) return false;
    const std::uint64_t given_up =
        evicts ? entry_at((seen & kPositionMask) - 1).expires : std::uint64_t{0};
    if (target->compare_exchange_strong(seen, published, std::memory_order_release,
                                        std::memory_order_relaxed)) {
      if (evicts) count_loss(given_up, now);
      return true;
    }
  }
  return false;
}

/// Copies the entry at `position` if it is whole and the one that `key` asks for.
bool ShmCache::Shard::read(std::uint64_t position, const Key& key, Bytes& der,
                           std::uint64_t& expires) const {
  if (!has_id(position, key)) return false;
  const Entry entry = entry_at(position);
  if (entry.stamp != position + 1 || !may_hold(entry)) return false;
  der.resize(entry.der_bytes());
  std::uint64_t sum = entry.checksum(key.id);
  for (std::uint64_t i = 0; i < words_of(der.size()); ++i) {
    const std::uint64_t value = word(position, kData + i).load(std::memory_order_relaxed);
    std::memcpy(der.data() + i * 8, &value, std::min<std::size_t>(8, der.size() - i * 8));
    sum = mix(sum, value);
  }
  expires = entry.expires;
  if (sum == word(position, kChecksum).load(std::memory_order_relaxed)) return true;
  wipe(der);
  return false;
}

void ShmCache::count_refused() noexcept {
  Shard::count(shard_at(0).counters.refused);
}

void ShmCache::store(ByteView id, ByteView der, WallTime expires) noexcept {
  if (id.empty() || id.size() > kMaximumIdBytes) return count_refused();
  const Key key = key_of(id);
  Shard shard = shard_at(key.shard());
  const std::uint64_t at = now();
  Entry entry;
  entry.hash = key.hash;
  entry.expires = static_cast<std::uint64_t>(seconds_since_1970(expires));
  entry.lengths = key.id_bytes << 32U | der.size();
  if (der.size() > max_entry_bytes() || expires <= clock_.wall()) {
    return Shard::count(shard.counters.refused);
  }

  const std::uint64_t units = entry.units();
  const auto position = shard.take(units);
  if (!position) return Shard::count(shard.counters.refused);
  entry.stamp = *position + 1;
  shard.make_room(*position, units, at);
  const bool kept = shard.write(*position, entry, key, der) && shard.publish(*position, key, at);
  Shard::count(kept ? shard.counters.stores : shard.counters.refused);
}

std::optional<Bytes> ShmCache::retrieve(ByteView id) noexcept {
  if (id.empty() || id.size() > kMaximumIdBytes) return std::nullopt;
  const Key key = key_of(id);
  Shard shard = shard_at(key.shard());
  try {
    for (Word& slot : shard.bucket(key.hash)) {
      std::uint64_t word = slot.load(std::memory_order_acquire);
      if ((word & ~kPositionMask) != key.tag() || !shard.is_live(word)) continue;
      Bytes der;
      std::uint64_t expires = 0;
      if (!shard.read((word & kPositionMask) - 1, key, der, expires)) continue;
      if (expires > now()) {
        Shard::count(shard.counters.hits);
        return der;
      }
      wipe(der);
      if (slot.compare_exchange_strong(word, 0, std::memory_order_relaxed)) {
        Shard::count(shard.counters.expired);
      }
    }
  } catch (const std::exception&) {
    // No memory for the copy: a miss like any other.
  }
  Shard::count(shard.counters.misses);
  return std::nullopt;
}

void ShmCache::remove(ByteView id) noexcept {
  if (id.empty() || id.size() > kMaximumIdBytes) return;
  const Key key = key_of(id);
  Shard shard = shard_at(key.shard());
  for (Word& slot : shard.bucket(key.hash)) {
    std::uint64_t word = slot.load(std::memory_order_acquire);
    if ((word & ~kPositionMask) != key.tag() || !shard.is_live(word)) continue;
    if (!shard.has_id((word & kPositionMask) - 1, key)) continue;
    if (slot.compare_exchange_strong(word, 0, std::memory_order_relaxed)) {
      Shard::count(shard.counters.removes);
    }
  }
}

SessionCacheStatistics ShmCache::statistics() const noexcept {
  SessionCacheStatistics sum;
  sum.of_all_processes = true;
  sum.capacity_bytes = geometry_.shards * geometry_.units * kUnitBytes;
  const std::uint64_t at = now();
  for (std::uint64_t number = 0; number < geometry_.shards; ++number) {
    const Shard shard = shard_at(number);
    const auto add = [](std::uint64_t& to, const Word& from) { to += from; };
    add(sum.stores, shard.counters.stores);
    add(sum.hits, shard.counters.hits);
    add(sum.misses, shard.counters.misses);
    add(sum.removes, shard.counters.removes);
    add(sum.evictions, shard.counters.evictions);
    add(sum.expired, shard.counters.expired);
    add(sum.refused, shard.counters.refused);
    for (const Word& slot : std::span(shard.index, geometry_.buckets * kBucketWords)) {
      const std::uint64_t word = slot.load(std::memory_order_acquire);
      if (!shard.is_live(word)) continue;
      const Entry entry = shard.entry_at((word & kPositionMask) - 1);
      if (entry.stamp != (word & kPositionMask) || entry.expires <= at) continue;
      if (!shard.may_hold(entry)) continue;
      sum.entries += 1;
      sum.bytes += entry.units() * kUnitBytes;
    }
  }
  return sum;
}

}  // namespace tlsplus
