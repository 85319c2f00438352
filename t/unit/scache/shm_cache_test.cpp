// SPDX-License-Identifier: Apache-2.0
//
// The memory cache, alone and under processes that are killed and stopped at random instants.
// What an entry must contain is computed from its id, so that any reader can tell a torn or
// mixed-up entry from a good one.
#include "ssl_scache/shm_cache.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <random>

#include "t/unit/cache_entries.h"

namespace {

using std::chrono::seconds;
using tlsplus::Byte;
using tlsplus::Bytes;
using tlsplus::ByteView;
using tlsplus::MutableByteView;
using tlsplus::SessionCacheStatistics;
using tlsplus::ShmCache;
using tlsplus::SystemClock;
using tlsplus::test::content_of;
using tlsplus::test::FakeClock;
using tlsplus::test::id_of;
using tlsplus::test::make_cache;
using tlsplus::test::same;
using tlsplus::test::SharedMemory;
using tlsplus::test::view;
using tlsplus::test::wait_until;

START_TEST(gives_back_what_was_stored) {
  const SharedMemory memory(1 << 20);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  for (std::uint64_t i = 0; i < 500; ++i) {
    cache->store(id_of(i), content_of(i, 300), clock.wall() + seconds(300));
  }
  for (std::uint64_t i = 0; i < 500; ++i) {
    const auto found = cache->retrieve(id_of(i));
    ck_assert_msg(found.has_value(), "entry %d", static_cast<int>(i));
    ck_assert(same(view(found), content_of(i, 300)));
  }
  ck_assert(!cache->retrieve(id_of(500)));
  const SessionCacheStatistics sum = cache->statistics();
  ck_assert_uint_eq(sum.stores, 500);
  ck_assert_uint_eq(sum.hits, 500);
  ck_assert_uint_eq(sum.misses, 1);
  ck_assert_uint_eq(sum.entries, 500);
  ck_assert_uint_eq(sum.evictions, 0);
  ck_assert(sum.bytes > 0 && sum.bytes <= sum.capacity_bytes);
  ck_assert(sum.of_all_processes);
}
END_TEST

// Ids of TLS 1.2 are up to 32 octets; one that is the beginning of another is another.
static const struct {
  std::size_t length;
  bool stored;
} kIdLengths[] = {{0, false}, {1, true}, {7, true}, {8, true}, {31, true}, {32, true}, {33, false}};

START_TEST(takes_ids_of_legal_length) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  const Bytes id(kIdLengths[_i].length, 0);
  cache->store(id, content_of(1), clock.wall() + seconds(300));
  ck_assert_int_eq(cache->retrieve(id).has_value(), kIdLengths[_i].stored);
  if (kIdLengths[_i].length > 1) {
    ck_assert(!cache->retrieve(ByteView(id).first(id.size() - 1)));
  }
  cache->remove(id);
  ck_assert(!cache->retrieve(id));
}
END_TEST

START_TEST(an_entry_ends_with_its_life) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  FakeClock clock;
  const auto cache = make_cache(memory, clock);
  cache->store(id_of(1), content_of(1), clock.wall() + seconds(10));
  cache->store(id_of(2), content_of(2), clock.wall());
  ck_assert_msg(!cache->retrieve(id_of(2)), "dead on arrival");
  ck_assert_uint_eq(cache->statistics().refused, 1);
  clock.advance(seconds(9));
  ck_assert(cache->retrieve(id_of(1)).has_value());
  clock.advance(seconds(1));
  ck_assert(!cache->retrieve(id_of(1)));
  ck_assert_uint_eq(cache->statistics().expired, 1);
  ck_assert_uint_eq(cache->statistics().entries, 0);
}
END_TEST

START_TEST(a_second_store_replaces_the_first) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  for (std::uint64_t i = 0; i < 20; ++i) {
    cache->store(id_of(1), content_of(i), clock.wall() + seconds(300));
    ck_assert(same(view(cache->retrieve(id_of(1))), content_of(i)));
  }
  ck_assert_uint_eq(cache->statistics().entries, 1);
  cache->remove(id_of(1));
  ck_assert_msg(!cache->retrieve(id_of(1)), "no older one comes back");
  ck_assert_uint_eq(cache->statistics().removes, 1);
}
END_TEST

START_TEST(a_full_cache_gives_up_its_oldest) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  constexpr std::uint64_t kMany = 2000;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    cache->store(id_of(i), content_of(i, 200), clock.wall() + seconds(300));
  }
  const SessionCacheStatistics sum = cache->statistics();
  ck_assert_uint_eq(sum.stores, kMany);
  ck_assert_uint_eq(sum.entries + sum.evictions, kMany);
  ck_assert_msg(sum.entries > 200, "%d entries in 64 KiB", static_cast<int>(sum.entries));
  // All of the newest hundred are there, but for the odd one whose bucket was full.
  int newest = 0;
  int oldest = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    newest += cache->retrieve(id_of(kMany - 1 - i)).has_value() ? 1 : 0;
    oldest += cache->retrieve(id_of(i)).has_value() ? 1 : 0;
  }
  ck_assert_int_ge(newest, 97);
  ck_assert_int_eq(oldest, 0);
}
END_TEST

START_TEST(an_expired_entry_that_is_overwritten_is_no_eviction) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  FakeClock clock;
  const auto cache = make_cache(memory, clock);
  for (std::uint64_t i = 0; i < 150; ++i) {
    cache->store(id_of(i), content_of(i, 200), clock.wall() + seconds(10));
  }
  clock.advance(seconds(10));
  for (std::uint64_t i = 1000; i < 1200; ++i) {
    cache->store(id_of(i), content_of(i, 200), clock.wall() + seconds(100));
  }
  ck_assert_uint_eq(cache->statistics().evictions, 0);
  ck_assert_uint_gt(cache->statistics().expired, 0);
}
END_TEST

START_TEST(refuses_what_would_flush_a_shard) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  const std::size_t limit = cache->max_entry_bytes();
  ck_assert_msg(limit >= 10240, "a session of 10 KiB fits the smallest cache");
  cache->store(id_of(1), Bytes(limit, 0x5a), clock.wall() + seconds(300));
  cache->store(id_of(2), Bytes(limit + 1, 0x5a), clock.wall() + seconds(300));
  ck_assert(same(view(cache->retrieve(id_of(1))), Bytes(limit, 0x5a)));
  ck_assert(!cache->retrieve(id_of(2)));
  ck_assert_uint_eq(cache->statistics().refused, 1);
}
END_TEST

static const struct {
  std::size_t bytes;
  bool works;
} kSizes[] = {{0, false},
              {64, false},
              {ShmCache::kMinimumBytes - 1, false},
              {ShmCache::kMinimumBytes, true},
              {ShmCache::kMinimumBytes + 1, true},
              {100001, true},
              {512000, true},
              {std::size_t{10} << 20U, true}};

START_TEST(fits_memory_of_any_size) {
  const std::size_t size = kSizes[_i].bytes;
  const SharedMemory memory(size + 4096);
  const FakeClock clock;
  std::ranges::fill(memory.bytes(), Byte{0xEE});
  auto made = ShmCache::create(memory.bytes().first(size), clock);
  ck_assert_int_eq(static_cast<bool>(made), kSizes[_i].works);
  if (!made) return;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    (*made)->store(id_of(i), content_of(i, 1000), clock.wall() + seconds(300));
  }
  ck_assert(same(view((*made)->retrieve(id_of(2999))), content_of(2999, 1000)));
  for (const Byte byte : memory.bytes().subspan(size, 64)) ck_assert_uint_eq(byte, 0xEE);
}
END_TEST

START_TEST(attaches_to_its_own_layout_only) {
  const SharedMemory memory(512000);
  const FakeClock clock;
  ck_assert(ShmCache::attach(memory.bytes(), clock) == nullptr);
  make_cache(memory, clock)->store(id_of(1), content_of(1), clock.wall() + seconds(300));
  const auto again = ShmCache::attach(memory.bytes(), clock);
  ck_assert(again != nullptr);
  ck_assert(same(view(again->retrieve(id_of(1))), content_of(1)));
  ck_assert(ShmCache::attach(memory.bytes().first(400000), clock) == nullptr);
  ck_assert(ShmCache::attach(memory.bytes().first(63), clock) == nullptr);
  ck_assert(ShmCache::attach(memory.bytes().subspan(8), clock) == nullptr);
}
END_TEST

// Every octet of an entry is covered: whichever is changed, the entry is a miss, not a lie.
START_TEST(a_damaged_entry_is_a_miss) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  cache->store(id_of(1), content_of(1, 300), clock.wall() + seconds(300));
  const MutableByteView bytes = memory.bytes();
  int misses = 0;
  for (std::size_t at = 192; at < bytes.size(); ++at) {  // beyond header and counters
    bytes[at] ^= 0x10;
    const auto found = cache->retrieve(id_of(1));
    ck_assert_msg(!found || same(view(found), content_of(1, 300)), "octet %d",
                  static_cast<int>(at));
    misses += found ? 0 : 1;
    bytes[at] ^= 0x10;
  }
  ck_assert_int_ge(misses, static_cast<int>(content_of(1, 300).size()) + 32 + 32);
  ck_assert(cache->retrieve(id_of(1)).has_value());
}
END_TEST

// ---- several processes ---------------------------------------------------------------------

constexpr int kProcesses = 8;

struct Progress {
  std::array<std::atomic<std::uint64_t>, kProcesses> operations;
  std::atomic<std::uint64_t> wrong;
};

[[noreturn]] void hammer(ShmCache& cache, Progress& progress, std::size_t self,
                         std::uint64_t seed) {
  const SystemClock clock;
  std::mt19937_64 random(seed);
  for (;;) {
    const std::uint64_t number = random() % 600;
    switch (random() % 8) {
      case 0:
        cache.remove(id_of(number));
        break;
      case 1:
      case 2:
      case 3:
        cache.store(id_of(number), content_of(number), clock.wall() + seconds(60));
        break;
      default: {
        const auto found = cache.retrieve(id_of(number));
        if (found && !same(view(found), content_of(number))) progress.wrong.fetch_add(1);
      }
    }
    progress.operations[self].fetch_add(1);
  }
}

pid_t start_hammer(ShmCache& cache, Progress& progress, std::size_t self, std::uint64_t seed) {
  const pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) hammer(cache, progress, self, seed);
  return child;
}

void end(pid_t child) {
  ck_assert_int_eq(kill(child, SIGKILL), 0);
  ck_assert_int_eq(waitpid(child, nullptr, 0), child);
}

/// Returns when every process but `except` has done `count` more operations.
void wait_for_operations(const Progress& progress, std::uint64_t count, std::size_t except) {
  std::array<std::uint64_t, kProcesses> goal{};
  for (std::size_t i = 0; i < kProcesses; ++i) goal[i] = progress.operations[i].load() + count;
  for (std::size_t i = 0; i < kProcesses; ++i) {
    if (i != except) wait_until([&] { return progress.operations[i].load() >= goal[i]; });
  }
}

struct Hammers {
  const SharedMemory memory{ShmCache::kMinimumBytes};
  const SharedMemory counts{sizeof(Progress)};
  const SystemClock clock;
  const std::unique_ptr<ShmCache> cache = make_cache(memory, clock);
  Progress& progress = *std::construct_at(reinterpret_cast<Progress*>(counts.bytes().data()));
  std::array<pid_t, kProcesses> children{};

  Hammers() {
    for (std::size_t i = 0; i < kProcesses; ++i) {
      children[i] = start_hammer(*cache, progress, i, i);
    }
  }
  ~Hammers() {
    for (const pid_t child : children) {
      if (child > 0) end(child);
    }
  }
  Hammers(const Hammers&) = delete;
  Hammers& operator=(const Hammers&) = delete;

  void check_usable() const {
    for (std::uint64_t i = 0; i < 50; ++i) {
      cache->store(id_of(100000 + i), content_of(i), clock.wall() + seconds(60));
      const auto found = cache->retrieve(id_of(100000 + i));
      // The others may have evicted it in between, but not changed it.
      if (found) ck_assert(same(view(found), content_of(i)));
    }
  }
};

START_TEST(killed_processes_spoil_nothing) {
  Hammers hammers;
  std::mt19937_64 random(42);  // NOLINT(cert-msc*): the same each time
  for (int round = 0; round < 60; ++round) {
    wait_for_operations(hammers.progress, 20, kProcesses);
    const std::size_t victim = random() % kProcesses;
    end(hammers.children[victim]);
    hammers.children[victim] =
        start_hammer(*hammers.cache, hammers.progress, victim, 1000 + static_cast<unsigned>(round));
  }
  hammers.check_usable();
  ck_assert_uint_eq(hammers.progress.wrong.load(), 0);
  const SessionCacheStatistics sum = hammers.cache->statistics();
  ck_assert_uint_gt(sum.hits, 0);
  ck_assert_uint_gt(sum.entries, 0);
}
END_TEST

START_TEST(stopped_processes_hold_up_nobody) {
  Hammers hammers;
  std::mt19937_64 random(43);  // NOLINT(cert-msc*): the same each time
  for (int round = 0; round < 40; ++round) {
    const std::size_t victim = random() % kProcesses;
    wait_for_operations(hammers.progress, 5 + random() % 20, kProcesses);
    ck_assert_int_eq(kill(hammers.children[victim], SIGSTOP), 0);
    // Long enough for the ring to come round while it sleeps in the middle of something.
    wait_for_operations(hammers.progress, 60, victim);
    hammers.check_usable();
    ck_assert_int_eq(kill(hammers.children[victim], SIGCONT), 0);
  }
  ck_assert_uint_eq(hammers.progress.wrong.load(), 0);
}
END_TEST

// When nobody dies, nothing is lost that fits: each process finds all of its own.
START_TEST(nothing_is_lost_between_busy_processes) {
  const SharedMemory memory(std::size_t{4} << 20U);
  const SystemClock clock;
  const auto cache = make_cache(memory, clock);
  std::array<pid_t, kProcesses> children{};
  for (std::uint64_t self = 0; self < kProcesses; ++self) {
    children[self] = fork();
    if (children[self] != 0) continue;
    int lost = 0;
    for (std::uint64_t i = 0; i < 400; ++i) {
      cache->store(id_of(self * 1000 + i), content_of(i, 200), clock.wall() + seconds(600));
    }
    for (std::uint64_t i = 0; i < 400; ++i) {
      const auto found = cache->retrieve(id_of(self * 1000 + i));
      lost += found && same(view(found), content_of(i, 200)) ? 0 : 1;
    }
    _exit(lost > 100 ? 100 : lost);
  }
  for (const pid_t child : children) {
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
  }
  ck_assert_uint_eq(cache->statistics().entries, std::size_t{kProcesses} * 400);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("shm_cache");
  TCase* alone = tcase_create("alone");
  tcase_add_test(alone, gives_back_what_was_stored);
  tcase_add_loop_test(alone, takes_ids_of_legal_length, 0, std::size(kIdLengths));
  tcase_add_test(alone, an_entry_ends_with_its_life);
  tcase_add_test(alone, a_second_store_replaces_the_first);
  tcase_add_test(alone, a_full_cache_gives_up_its_oldest);
  tcase_add_test(alone, an_expired_entry_that_is_overwritten_is_no_eviction);
  tcase_add_test(alone, refuses_what_would_flush_a_shard);
  tcase_add_loop_test(alone, fits_memory_of_any_size, 0, std::size(kSizes));
  tcase_add_test(alone, attaches_to_its_own_layout_only);
  tcase_add_test(alone, a_damaged_entry_is_a_miss);
  suite_add_tcase(suite, alone);
  TCase* processes = tcase_create("processes");
  tcase_set_timeout(processes, 120);
  tcase_add_test(processes, killed_processes_spoil_nothing);
  tcase_add_test(processes, stopped_processes_hold_up_nobody);
  tcase_add_test(processes, nothing_is_lost_between_busy_processes);
  suite_add_tcase(suite, processes);
  return tlsplus::test::run_suite(suite);
}
