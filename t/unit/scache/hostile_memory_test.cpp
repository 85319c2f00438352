// SPDX-License-Identifier: Apache-2.0
//
// Shared memory that somebody writes over: session cache, ticket key ring, ticket key set. Whatever
// is written, nobody crashes and nothing wrong is believed; what was not hit stays; and it heals.
#include <algorithm>
#include <thread>

#include "ssl_scache/ticket_key_set.h"
#include "ssl_scache/ticket_ring.h"
#include "t/unit/cache_entries.h"

namespace tlsplus::test {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEntries = 40;
constexpr std::size_t kJunkWords = 4;  // 32 octets
constexpr std::size_t kLine = 64;
constexpr std::size_t kHeaderWords = kLine / 8;

void fill(ShmCache& cache, const Clock& clock) {
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    cache.store(id_of(i), content_of(i, 300), clock.wall() + seconds(300));
  }
}

/// How many are found; each of them as it was stored.
std::uint64_t found_in(ShmCache& cache) {
  std::uint64_t found = 0;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const auto entry = cache.retrieve(id_of(i));
    if (!entry) continue;
    ck_assert(same(view(entry), content_of(i, 300)));
    ++found;
  }
  return found;
}

// 32 octets of junk at every place there is, the header included. Where it hits the one head of
// this memory, or an index, much is lost, and can be stored again at once.
START_TEST(junk_anywhere_is_a_miss_and_heals) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  Scribbler scribbler(memory.bytes(), 20260101);
  std::size_t least = kEntries;
  for (std::size_t at = 0; at < scribbler.words(); at += kJunkWords) {
    const auto cache = make_cache(memory, clock);
    fill(*cache, clock);
    ck_assert_uint_eq(found_in(*cache), kEntries);
    scribbler.write(at, kJunkWords);
    const std::uint64_t left = found_in(*cache);
    const bool is_head = at >= kHeaderWords && at < 2 * kHeaderWords;
    ck_assert_msg(left + 8 >= kEntries || is_head, "%d left at %d", static_cast<int>(left),
                  static_cast<int>(at));
    least = std::min<std::size_t>(least, left);
    const SessionCacheStatistics sum = cache->statistics();
    ck_assert(sum.bytes <= sum.capacity_bytes);
    fill(*cache, clock);
    ck_assert_uint_ge(found_in(*cache), kEntries - 1);  // one found out about the head
    fill(*cache, clock);
    ck_assert_uint_eq(found_in(*cache), kEntries);
    cache->remove(id_of(0));
    ck_assert(!cache->retrieve(id_of(0)));
  }
  ck_assert_msg(least < kEntries, "the junk hits something");
}
END_TEST

// Children at work while all of the memory is written over, again and again.
START_TEST(a_writer_under_eight_threads) {
  const SharedMemory memory(4 * ShmCache::kMinimumBytes);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  std::atomic<bool> enough{false};
  std::atomic<std::uint64_t> wrong{0};
  std::array<std::thread, 8> threads;
  for (std::size_t number = 0; number < threads.size(); ++number) {
    threads[number] = std::thread([&, number] {
      std::mt19937_64 random(number);
      while (!enough) {
        const std::uint64_t id = random() % kEntries;
        cache->store(id_of(id), content_of(id, 300), clock.wall() + seconds(300));
        const auto entry = cache->retrieve(id_of(random() % kEntries));
        if (entry && entry->size() > 300) ++wrong;
        if (random() % 16 == 0) cache->remove(id_of(id));
        if (random() % 64 == 0) (void)cache->statistics();
      }
    });
  }
  Scribbler scribbler(memory.bytes(), 42);
  for (int turn = 0; turn < 8; ++turn) {
    for (std::size_t at = 0; at < scribbler.words(); at += 64) scribbler.write(at, 64);
  }
  enough = true;
  for (std::thread& thread : threads) thread.join();
  ck_assert_uint_eq(wrong, 0);
  fill(*cache, clock);
  fill(*cache, clock);
  ck_assert_uint_eq(found_in(*cache), kEntries);
}
END_TEST

// What a generation takes over has nothing of it.
START_TEST(the_next_generation_begins_anew_when_the_layout_was_hit) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  Scribbler scribbler(memory.bytes(), 7);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{3}, kHeaderWords}) {
    (void)make_cache(memory, clock);
    ck_assert(ShmCache::attach(memory.bytes(), clock) != nullptr);
    scribbler.write(at, 1);
    ck_assert_msg(ShmCache::attach(memory.bytes(), clock) == nullptr, "word %d",
                  static_cast<int>(at));
  }
}
END_TEST

// A process that was started before goes on with what it knows, however the header looks.
START_TEST(the_header_is_read_once) {
  const SharedMemory memory(ShmCache::kMinimumBytes);
  const FakeClock clock;
  const auto cache = make_cache(memory, clock);
  fill(*cache, clock);
  std::ranges::fill(memory.bytes().first(kLine), Byte{0});
  ck_assert_uint_eq(found_in(*cache), kEntries);
}
END_TEST

START_TEST(a_ring_of_ticket_keys_makes_a_new_key) {
  constexpr TicketRing::Timing kTiming{seconds(3600), seconds(300)};
  const SharedMemory memory(TicketRing::bytes());
  FakeClock clock;
  const TicketCipher cipher = *TicketCipher::fetch();
  auto made = TicketRing::create(memory.bytes(), cipher, clock, kTiming);
  ck_assert(static_cast<bool>(made));
  TicketRing& ring = **made;
  Scribbler scribbler(memory.bytes(), 99);
  for (std::size_t at = 0; at < scribbler.words(); at += kJunkWords) {
    scribbler.write(at, kJunkWords);
    (void)ring.newest();
    ring.tick();
    (void)ring.state();
    for (int attempt = 0; attempt < 3 && !ring.newest(); ++attempt) clock.advance(seconds(10));
    const auto key = ring.newest();
    ck_assert_msg(key.has_value(), "word %d", static_cast<int>(at));
    ck_assert_msg(ring.find(key->name).has_value(), "word %d", static_cast<int>(at));
  }
}
END_TEST

// Every bit set: the generation after the last one there is.
START_TEST(a_ring_survives_the_last_generation) {
  const SharedMemory memory(TicketRing::bytes());
  FakeClock clock;
  const TicketCipher cipher = *TicketCipher::fetch();
  auto made = TicketRing::create(memory.bytes(), cipher, clock, {seconds(3600), seconds(300)});
  ck_assert(static_cast<bool>(made));
  std::ranges::fill(memory.bytes().subspan(16, 8), Byte{0xFF});  // `current`
  clock.advance(seconds(10));
  ck_assert((*made)->newest().has_value());
}
END_TEST

START_TEST(a_set_of_ticket_keys_knows_that_it_is_damaged) {
  const SharedMemory memory(TicketKeySet::bytes());
  TicketCounters counters{};
  const TicketCipher cipher = *TicketCipher::fetch();
  auto made = TicketKeySet::create(memory.bytes(), cipher, counters);
  ck_assert(static_cast<bool>(made));
  TicketKeySet& set = **made;
  std::array<TicketKey, 3> keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i].name.fill(static_cast<Byte>(i + 1));
    keys[i].key_size = 32;
  }
  set.publish(keys);
  ck_assert(set.is_whole());
  Scribbler scribbler(memory.bytes(), 5);
  std::size_t damaged = 0;
  for (std::size_t at = 0; at < scribbler.words(); ++at) {
    scribbler.write(at, 1);
    const auto newest = set.newest();
    ck_assert(!newest || newest->name == keys[0].name);
    for (const TicketKey& key : keys) (void)set.find(key.name);
    const bool is_whole = set.is_whole();
    damaged += is_whole ? 0 : 1;
    ck_assert_msg(!is_whole || (newest && set.find(keys[2].name)), "word %d", static_cast<int>(at));
    set.publish(keys);
    ck_assert(set.is_whole() && set.newest() && set.find(keys[1].name));
  }
  ck_assert_uint_ge(damaged, 1 + keys.size() * 13);
}
END_TEST

Suite* hostile_memory_suite() {
  Suite* suite = suite_create("hostile_memory");
  TCase* tests = tcase_create("junk");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, junk_anywhere_is_a_miss_and_heals);
  tcase_add_test(tests, a_writer_under_eight_threads);
  tcase_add_test(tests, the_next_generation_begins_anew_when_the_layout_was_hit);
  tcase_add_test(tests, the_header_is_read_once);
  tcase_add_test(tests, a_ring_of_ticket_keys_makes_a_new_key);
  tcase_add_test(tests, a_ring_survives_the_last_generation);
  tcase_add_test(tests, a_set_of_ticket_keys_knows_that_it_is_damaged);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::hostile_memory_suite());
}
