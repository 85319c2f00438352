// SPDX-License-Identifier: Apache-2.0
//
// TicketSlot: a ticket key in shared memory, readable while another process writes it: words that
// are accessed atomically, and a checksum that tells a whole key from a torn one. The two owners of
// slots, the ring and the key set, include this; nobody else does.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "ssl_scache/ticket_keys.h"

namespace tlsplus {

/// 128 octets of shared memory; all zeros is an empty slot.
class alignas(64) TicketSlot {
 public:
  struct Content {
    TicketKey key;
    std::uint64_t generation = 0;  // 0: empty
    std::uint64_t created = 0;     // seconds, in the clock of the owner
  };

  /// Writes without regard to readers, who see nothing or the whole. One writer at a time keeps
  /// it whole; two leave a slot that is as good as empty.
  void write(const Content& content) noexcept;
  void clear() noexcept;
  /// Nothing if the slot is empty, torn or damaged.
  [[nodiscard]] std::optional<Content> read() const noexcept;
  /// Cheap rejection before read(): false means that `name` is not here.
  [[nodiscard]] bool may_be(const TicketKeyName& name) const noexcept;
  /// As written; to be believed only together with read().
  [[nodiscard]] std::uint64_t generation() const noexcept {
    return words_[0].load(std::memory_order_acquire);
  }

 private:
  using Word = std::atomic<std::uint64_t>;
  static constexpr std::size_t kNameAt = 3;
  static constexpr std::size_t kUsedWords = 13;  // 3 numbers, 16 + 32 + 32 octets
  static constexpr std::size_t kChecksumAt = kUsedWords;

  // generation, created, key size, name, HMAC key, cipher key, checksum
  std::array<Word, 16> words_;
};

static_assert(sizeof(TicketSlot) == 128);

}  // namespace tlsplus
