// SPDX-License-Identifier: Apache-2.0
//
// TicketRing: its protocol is at the top of ticket_ring.h. Slots are only ever believed by their
// checksum, so the worst that two writers of one slot can do is to lose its key: full handshakes,
// no errors.
#include "ssl_scache/ticket_ring.h"

#include <algorithm>
#include <new>

#include "ssl_engine/openssl/random.h"
#include "ssl_scache/ticket_slot.h"

namespace tlsplus {
namespace {

// Enough for a week of tickets at the fastest rotation that keeps_up() allows, and for attempts
// that came to nothing.
constexpr std::size_t kSlots = 256;
constexpr std::uint64_t kKeysPerLifetime = 200;
constexpr std::uint64_t kLongestLifetime = 604800;  // a week, in seconds (RFC 8446 4.6.1)
constexpr std::uint64_t kSecondsPerAttempt = 10;
constexpr std::uint64_t kMagic = 0x3230676E69526B54;  // "TkRing02"; the digits are the layout
constexpr unsigned kSlotBits = 16;
constexpr std::uint64_t kGenerationMask = ~std::uint64_t{0} >> kSlotBits;

std::uint64_t seconds_of(std::chrono::seconds span) noexcept {
  return static_cast<std::uint64_t>(std::max(span, std::chrono::seconds{0}).count());
}

}  // namespace

struct TicketRing::Layout {
  std::uint64_t magic = 0;
  std::uint64_t slots_laid_out = 0;
  std::atomic<std::uint64_t> current{0};   // generation << kSlotBits | slot; 0: no key yet
  std::atomic<std::uint64_t> claim{0};     // second of the last attempt + 1
  std::atomic<std::uint64_t> attempts{0};  // each draws its own slot
  alignas(64) TicketCounters counters{};
  std::array<TicketSlot, kSlots> slots{};
};

struct TicketRing::Current {
  std::uint64_t word = 0;
  [[nodiscard]] std::uint64_t generation() const noexcept { return word >> kSlotBits; }
  [[nodiscard]] std::size_t slot() const noexcept { return word % kSlots; }
};

std::size_t TicketRing::bytes() noexcept {
  return sizeof(Layout);
}

TicketRing::TicketRing(Layout& layout, const TicketCipher& cipher, const Clock& clock,
                       Timing timing) noexcept
    : TicketKeys(cipher, layout.counters),
      layout_(layout),
      clock_(clock),
      lifetime_(std::min(seconds_of(timing.lifetime), kLongestLifetime)) {
  const std::uint64_t fastest = lifetime_ / kKeysPerLifetime + 1;
  rotate_every_ = std::max(seconds_of(timing.rotate_every), fastest);
}

Result<std::unique_ptr<TicketRing>> TicketRing::create(MutableByteView memory,
                                                       const TicketCipher& cipher,
                                                       const Clock& clock, Timing timing) {
  if (memory.size() < sizeof(Layout) ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Layout) != 0) {
    return Error{.what = "no room for session ticket keys"};
  }
  auto* layout = std::construct_at(reinterpret_cast<Layout*>(memory.data()));
  layout->slots_laid_out = kSlots;
  std::unique_ptr<TicketRing> ring(new TicketRing(*layout, cipher, clock, timing));
  if (!ring->rotate()) return Error{.what = "no random numbers for session ticket keys"};
  layout->magic = kMagic;
  return ring;
}

std::unique_ptr<TicketRing> TicketRing::attach(MutableByteView memory, const TicketCipher& cipher,
                                               const Clock& clock, Timing timing) {
  if (memory.size() < sizeof(Layout) ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Layout) != 0) {
    return nullptr;
  }
  auto* layout = std::launder(reinterpret_cast<Layout*>(memory.data()));
  if (layout->magic != kMagic || layout->slots_laid_out != kSlots) return nullptr;
  return std::unique_ptr<TicketRing>(new TicketRing(*layout, cipher, clock, timing));
}

std::uint64_t TicketRing::now() const noexcept {
  return seconds_of(
      std::chrono::duration_cast<std::chrono::seconds>(clock_.steady().time_since_epoch()));
}

TicketRing::Current TicketRing::current() const noexcept {
  return {layout_.current.load(std::memory_order_acquire)};
}

/// True for one caller in kSecondsPerAttempt.
bool TicketRing::may_attempt() noexcept {
  const std::uint64_t at = now() + 1;
  std::uint64_t last = layout_.claim.load(std::memory_order_relaxed);
  if (last != 0 && at >= last && at - last < kSecondsPerAttempt) return false;
  return layout_.claim.compare_exchange_strong(last, at, std::memory_order_relaxed);
}

/// True if there is a newer key than before, whoever made it.
bool TicketRing::rotate() noexcept {
  const Current before = current();
  TicketSlot::Content content;
  content.key.key_size = content.key.cipher_key.size();
  if (!random_private(content.key.name) || !random_private(content.key.hmac_key) ||
      !random_private(content.key.cipher_key)) {
    return false;
  }
  // Whatever `current` was made: what is published there must be found again.
  content.generation = std::max<std::uint64_t>((before.generation() + 1) & kGenerationMask, 1);
  content.created = now();
  std::size_t number = layout_.attempts.fetch_add(1, std::memory_order_relaxed) % kSlots;
  if (before.word != 0 && number == before.slot()) {
    number = layout_.attempts.fetch_add(1, std::memory_order_relaxed) % kSlots;
  }
  TicketSlot& slot = layout_.slots[number];
  slot.write(content);
  std::uint64_t expected = before.word;
  const std::uint64_t published = content.generation << kSlotBits | number;
  if (!layout_.current.compare_exchange_strong(expected, published, std::memory_order_acq_rel)) {
    if (slot.may_be(content.key.name)) slot.clear();
  }
  return true;
}

std::optional<TicketKey> TicketRing::newest() noexcept {
  const auto read_current = [&]() -> std::optional<TicketSlot::Content> {
    const Current newest = current();
    auto content = layout_.slots[newest.slot()].read();
    if (content && content->generation != newest.generation()) content.reset();
    return content;
  };
  auto content = read_current();
  const std::uint64_t overdue = rotate_every_ + seconds_of(kOverdue);
  if (!content || now() > content->created + overdue) {
    if (may_attempt() && rotate()) content = read_current();
  }
  if (!content) return std::nullopt;
  return content->key;
}

/// When the key in `slot` ceases to open tickets: `lifetime` after its successor was made.
std::uint64_t TicketRing::end_of_life(std::size_t slot, std::uint64_t generation,
                                      std::uint64_t created) const noexcept {
  for (std::size_t step = 1; step < kSlots; ++step) {
    const TicketSlot& next = layout_.slots[(slot + step) % kSlots];
    if (next.generation() != generation + 1) continue;
    if (const auto content = next.read()) return content->created + lifetime_;
  }
  return created + rotate_every_ + lifetime_;
}

std::optional<TicketKeys::Found> TicketRing::find(const TicketKeyName& name) noexcept {
  const Current newest = current();
  for (std::size_t back = 0; back < kSlots; ++back) {
    const std::size_t number = (newest.slot() + kSlots - back) % kSlots;
    if (!layout_.slots[number].may_be(name)) continue;
    const auto content = layout_.slots[number].read();
    if (!content || content->key.name != name) continue;
    const bool is_newest = number == newest.slot() && content->generation == newest.generation();
    if (!is_newest && end_of_life(number, content->generation, content->created) <= now()) {
      return std::nullopt;
    }
    return Found{content->key, !is_newest};
  }
  return std::nullopt;
}

void TicketRing::tick() noexcept {
  const auto content = layout_.slots[current().slot()].read();
  if ((!content || now() >= content->created + rotate_every_) && may_attempt()) rotate();
  const Current newest = current();
  for (std::size_t number = 0; number < kSlots; ++number) {
    TicketSlot& slot = layout_.slots[number];
    if (number == newest.slot() || slot.generation() == 0) continue;
    const auto old = slot.read();
    if (!old || end_of_life(number, old->generation, old->created) <= now()) slot.clear();
  }
}

TicketRing::State TicketRing::state() const noexcept {
  State state;
  const Current newest = current();
  state.generation = newest.generation();
  for (std::size_t number = 0; number < kSlots; ++number) {
    const auto content = layout_.slots[number].read();
    if (!content) continue;
    const std::uint64_t at = now();
    if (number == newest.slot()) {
      state.keys += 1;
      state.newest_age = std::chrono::seconds(at - std::min(at, content->created));
    } else if (end_of_life(number, content->generation, content->created) > at) {
      state.keys += 1;
    }
  }
  return state;
}

}  // namespace tlsplus
