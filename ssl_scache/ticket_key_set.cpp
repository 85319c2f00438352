// SPDX-License-Identifier: Apache-2.0
//
// TicketKeySet: one writer, any number of readers. A slot's generation tells which publication it
// belongs to, so that what is left in a bank from two publications ago is not taken for the list.
#include "ssl_scache/ticket_key_set.h"

#include <algorithm>
#include <new>

#include "ssl_scache/ticket_slot.h"

namespace tlsplus {
namespace {

// Written as TicketSlot::Content::created, which means nothing else here.
constexpr std::uint64_t kRenew = 1;
constexpr std::uint64_t kKeep = 0;
constexpr int kAttempts = 2;

}  // namespace

struct TicketKeySet::Layout {
  std::atomic<std::uint64_t> published{0};  // number of the publication; its lowest bit: the bank
  alignas(64) std::array<std::array<TicketSlot, kMaximumKeys>, 2> banks{};
};

std::size_t TicketKeySet::bytes() noexcept {
  return sizeof(Layout);
}

TicketKeySet::TicketKeySet(Layout& layout, const TicketCipher& cipher,
                           TicketCounters& counters) noexcept
    : TicketKeys(cipher, counters), layout_(layout) {}

Result<std::unique_ptr<TicketKeySet>> TicketKeySet::create(MutableByteView memory,
                                                           const TicketCipher& cipher,
                                                           TicketCounters& counters) {
  if (memory.size() < sizeof(Layout) ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Layout) != 0) {
    return Error{.what = "no room for session ticket keys"};
  }
  auto* layout = std::construct_at(reinterpret_cast<Layout*>(memory.data()));
  return std::unique_ptr<TicketKeySet>(new TicketKeySet(*layout, cipher, counters));
}

void TicketKeySet::publish(std::span<const TicketKey> keys,
                           const TicketKeyName* quiet_name) noexcept {
  const std::uint64_t number = ++published_;
  count_ = std::min(keys.size(), kMaximumKeys);
  auto& bank = layout_.banks[number % 2];
  for (TicketSlot& slot : bank) slot.clear();
  for (std::size_t i = 0; i < count_; ++i) {
    const bool quiet = i == 0 || (quiet_name != nullptr && keys[i].name == *quiet_name);
    bank[i].write({keys[i], number, quiet ? kKeep : kRenew});
  }
  layout_.published.store(number, std::memory_order_release);
  // Keys that are out of use go as soon as nobody can be told to look for them.
  for (TicketSlot& slot : layout_.banks[(number + 1) % 2]) slot.clear();
}

// A publication in the middle of a look-up empties the bank that is being looked at: look again
// if the number has changed. Two in one look-up do not happen; if they did, it is a miss.
std::optional<TicketKey> TicketKeySet::newest() noexcept {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::uint64_t number = layout_.published.load(std::memory_order_acquire);
    const auto content = layout_.banks[number % 2][0].read();
    if (content && content->generation == number) return content->key;
    if (layout_.published.load(std::memory_order_acquire) == number) break;
  }
  return std::nullopt;
}

std::optional<TicketKeys::Found> TicketKeySet::find(const TicketKeyName& name) noexcept {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::uint64_t number = layout_.published.load(std::memory_order_acquire);
    for (const TicketSlot& slot : layout_.banks[number % 2]) {
      if (!slot.may_be(name)) continue;
      const auto content = slot.read();
      if (!content || content->generation != number || content->key.name != name) continue;
      return Found{content->key, content->created == kRenew};
    }
    if (layout_.published.load(std::memory_order_acquire) == number) break;
  }
  return std::nullopt;
}

bool TicketKeySet::is_whole() const noexcept {
  if (layout_.published.load(std::memory_order_relaxed) != published_) return false;
  const auto& bank = layout_.banks[published_ % 2];
  return std::all_of(bank.begin(), bank.begin() + count_, [&](const TicketSlot& slot) {
    const auto content = slot.read();
    return content && content->generation == published_;
  });
}

std::size_t TicketKeySet::size() const noexcept {
  const std::uint64_t number = layout_.published.load(std::memory_order_acquire);
  std::size_t keys = 0;
  for (const TicketSlot& slot : layout_.banks[number % 2]) {
    keys += slot.generation() == number && number != 0 ? 1 : 0;
  }
  return keys;
}

}  // namespace tlsplus
