// SPDX-License-Identifier: Apache-2.0
//
// The ring of ticket keys: rotation by a clock that is told the time, by several processes, and by
// processes that are killed while they rotate.
#include "ssl_scache/ticket_ring.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>

#include "t/unit/shared_memory.h"

namespace {

using std::chrono::seconds;
using tlsplus::Byte;
using tlsplus::MutableByteView;
using tlsplus::TicketCipher;
using tlsplus::TicketKey;
using tlsplus::TicketRing;
using tlsplus::test::FakeClock;
using tlsplus::test::SharedMemory;

constexpr seconds kHour{3600};
constexpr TicketRing::Timing kTiming{kHour, seconds(300)};

struct Ring {
  const SharedMemory memory{TicketRing::bytes()};
  FakeClock clock;
  const TicketCipher cipher = *TicketCipher::fetch();
  std::unique_ptr<TicketRing> ring;

  explicit Ring(TicketRing::Timing timing = kTiming) {
    auto made = TicketRing::create(memory.bytes(), cipher, clock, timing);
    ck_assert_msg(static_cast<bool>(made), "create");
    ring = std::move(*made);
  }
  /// As a parent does it, every ten seconds.
  void pass(seconds span) {
    for (; span > seconds(0); span -= seconds(10)) {
      clock.advance(std::min(span, seconds(10)));
      ring->tick();
    }
  }
  [[nodiscard]] TicketKey newest() const {
    const auto key = ring->newest();
    ck_assert_msg(key.has_value(), "there is always a key");
    return *key;
  }
};

bool is_same(const TicketKey& a, const TicketKey& b) {
  return a.name == b.name && a.hmac_key == b.hmac_key && a.cipher_key == b.cipher_key &&
         a.key_size == b.key_size;
}

bool is_random(std::span<const Byte> bytes) {
  return std::ranges::any_of(bytes, [&](Byte byte) { return byte != bytes[0]; });
}

START_TEST(begins_with_a_random_key) {
  const Ring one;
  const Ring other;
  const TicketKey key = one.newest();
  ck_assert_uint_eq(key.key_size, 32);
  ck_assert(is_random(key.name) && is_random(key.hmac_key) && is_random(key.cipher_key));
  ck_assert(key.hmac_key != key.cipher_key);
  ck_assert(key.name != other.newest().name);
  ck_assert(key.cipher_key != other.newest().cipher_key);
  const auto found = one.ring->find(key.name);
  ck_assert(found.has_value() && is_same(found->key, key));
  ck_assert_msg(!found->renew, "the newest key needs no renewal");
  ck_assert(!one.ring->find(other.newest().name));
  ck_assert(!one.ring->find({}));
}
END_TEST

START_TEST(rotates_when_the_interval_is_over) {
  Ring ring;
  const TicketKey first = ring.newest();
  ring.pass(kHour - seconds(10));
  ck_assert(is_same(ring.newest(), first));
  ring.pass(seconds(10));
  const TicketKey second = ring.newest();
  ck_assert(second.name != first.name && second.cipher_key != first.cipher_key);
  const auto old = ring.ring->find(first.name);
  ck_assert(old.has_value() && is_same(old->key, first));
  ck_assert_msg(old->renew, "a ticket under an old key is renewed");
  ck_assert_uint_eq(ring.ring->state().generation, 2);
  ck_assert_uint_eq(ring.ring->state().keys, 2);
}
END_TEST

START_TEST(an_old_key_opens_as_long_as_a_ticket_lives) {
  Ring ring;
  const TicketKey first = ring.newest();
  ring.pass(kHour);
  ring.pass(kTiming.lifetime - seconds(10));
  ck_assert(ring.ring->find(first.name).has_value());
  ring.clock.advance(seconds(10));
  ck_assert_msg(!ring.ring->find(first.name), "too old even before the parent looks");
  ring.ring->tick();
  ck_assert_uint_eq(ring.ring->state().keys, 1);
  // Wiped, not only unknown: no trace of it is left in the memory.
  const auto bytes = ring.memory.bytes();
  const auto trace = std::search(bytes.begin(), bytes.end(), first.cipher_key.begin(),
                                 first.cipher_key.begin() + 8);
  ck_assert(trace == bytes.end());
}
END_TEST

// Tickets of a day under keys of an hour: two dozen keys are alive at once, none is lost.
START_TEST(keeps_every_key_that_is_needed) {
  Ring ring({kHour, seconds(86400)});
  std::vector<TicketKey> keys{ring.newest()};
  for (int hour = 1; hour <= 100; ++hour) {
    ring.pass(kHour);
    keys.push_back(ring.newest());
    const std::size_t count = keys.size();
    const std::size_t alive = std::min<std::size_t>(count, 25);
    for (std::size_t back = 1; back <= alive - 1; ++back) {
      const auto found = ring.ring->find(keys[count - 1 - back].name);
      ck_assert_msg(found.has_value(), "hour %d, key %d", hour, static_cast<int>(back));
    }
    if (count > 26) ck_assert(!ring.ring->find(keys[count - 27].name));
  }
  ck_assert_uint_eq(ring.ring->state().generation, 101);
}
END_TEST

START_TEST(a_child_rotates_when_the_parent_does_not) {
  Ring ring;
  const TicketKey first = ring.newest();
  ring.clock.advance(kHour + TicketRing::kOverdue);
  ck_assert_msg(is_same(ring.newest(), first), "the parent may still come");
  ring.clock.advance(seconds(1));
  ck_assert(ring.newest().name != first.name);
  ck_assert(ring.ring->find(first.name).has_value());
  ck_assert_uint_eq(ring.ring->state().generation, 2);
}
END_TEST

START_TEST(a_restart_finds_the_keys_again) {
  Ring ring;
  const TicketKey first = ring.newest();
  ring.ring->counters().issued = 7;
  ring.ring.reset();
  auto again = TicketRing::attach(ring.memory.bytes(), ring.cipher, ring.clock, kTiming);
  ck_assert(again != nullptr);
  ck_assert(is_same(*again->newest(), first));
  ck_assert_uint_eq(again->counters().issued.load(), 7);
  // With another interval from now on.
  again =
      TicketRing::attach(ring.memory.bytes(), ring.cipher, ring.clock, {seconds(60), seconds(300)});
  ring.clock.advance(seconds(60));
  again->tick();
  ck_assert(!is_same(*again->newest(), first));
}
END_TEST

START_TEST(attaches_to_a_ring_only) {
  const SharedMemory memory(TicketRing::bytes());
  const FakeClock clock;
  const TicketCipher cipher = *TicketCipher::fetch();
  ck_assert(TicketRing::attach(memory.bytes(), cipher, clock, kTiming) == nullptr);
  ck_assert(!TicketRing::create(memory.bytes().first(1000), cipher, clock, kTiming));
  ck_assert(!TicketRing::create(memory.bytes().subspan(8), cipher, clock, kTiming));
  ck_assert(TicketRing::attach(memory.bytes().first(10), cipher, clock, kTiming) == nullptr);
}
END_TEST

// An interval far below what the ring can hold for such a lifetime is stretched, so that no
// valid ticket loses its key.
START_TEST(never_outruns_its_own_tickets) {
  Ring ring({seconds(1), seconds(86400)});
  const TicketKey first = ring.newest();
  ring.pass(seconds(86000));
  ck_assert(ring.ring->find(first.name).has_value());
}
END_TEST

START_TEST(a_damaged_key_is_replaced) {
  Ring ring;
  const TicketKey first = ring.newest();
  const auto bytes = ring.memory.bytes();
  const auto found =
      std::search(bytes.begin(), bytes.end(), first.cipher_key.begin(), first.cipher_key.end());
  ck_assert(found != bytes.end());
  *found ^= 1;
  ring.clock.advance(seconds(10));  // attempts are ten seconds apart
  const TicketKey next = ring.newest();
  ck_assert(next.name != first.name);
  ck_assert(!ring.ring->find(first.name));
}
END_TEST

// Eight processes find the rotation overdue at once: one key comes of it, and all use it.
START_TEST(many_children_make_one_key) {
  Ring ring;
  ring.clock.advance(kHour + TicketRing::kOverdue + seconds(1));
  const SharedMemory names(8 * sizeof(tlsplus::TicketKeyName));
  std::array<pid_t, 8> children{};
  for (std::size_t i = 0; i < children.size(); ++i) {
    children[i] = fork();
    if (children[i] != 0) continue;
    while (ring.ring->state().generation < 2) (void)ring.ring->newest();
    const auto key = ring.ring->newest();
    if (key) std::ranges::copy(key->name, names.bytes().subspan(i * 16).begin());
    _exit(key ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
  }
  ck_assert_uint_eq(ring.ring->state().generation, 2);
  const auto newest = ring.newest().name;
  for (std::size_t i = 0; i < children.size(); ++i) {
    ck_assert(std::ranges::equal(newest, names.bytes().subspan(i * 16, 16)));
  }
}
END_TEST

// Killed at any instant of a rotation, a process leaves a ring that works and rotates on.
START_TEST(killed_rotators_leave_a_working_ring) {
  Ring ring({seconds(60), seconds(300)});
  const SharedMemory shared{sizeof(std::atomic<int>)};
  auto& rotations = *std::construct_at(reinterpret_cast<std::atomic<int>*>(shared.bytes().data()));
  for (int round = 0; round < 60; ++round) {
    rotations = 0;
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
      for (;;) {  // each turn of its own clock is one rotation
        ring.clock.advance(seconds(130));
        ring.ring->tick();
        (void)ring.ring->newest();
        rotations.fetch_add(1);
      }
    }
    // It is in the midst of the next one, wherever that is.
    while (rotations.load() <= round) std::this_thread::yield();
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, nullptr, 0), child);
    // The child was ahead of our time; what it left counts as we come there.
    const auto key = ring.ring->newest();
    if (!key) {
      ring.clock.advance(seconds(10));
      ck_assert_msg(ring.ring->newest().has_value(), "a key after ten seconds at most");
    } else {
      ck_assert(ring.ring->find(key->name).has_value());
    }
  }
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("ticket_ring");
  TCase* one = tcase_create("one process");
  tcase_add_test(one, begins_with_a_random_key);
  tcase_add_test(one, rotates_when_the_interval_is_over);
  tcase_add_test(one, an_old_key_opens_as_long_as_a_ticket_lives);
  tcase_add_test(one, keeps_every_key_that_is_needed);
  tcase_add_test(one, a_child_rotates_when_the_parent_does_not);
  tcase_add_test(one, a_restart_finds_the_keys_again);
  tcase_add_test(one, attaches_to_a_ring_only);
  tcase_add_test(one, never_outruns_its_own_tickets);
  tcase_add_test(one, a_damaged_key_is_replaced);
  suite_add_tcase(suite, one);
  TCase* many = tcase_create("processes");
  tcase_set_timeout(many, 60);
  tcase_add_test(many, many_children_make_one_key);
  tcase_add_test(many, killed_rotators_leave_a_working_ring);
  suite_add_tcase(suite, many);
  return tlsplus::test::run_suite(suite);
}
