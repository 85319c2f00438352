// SPDX-License-Identifier: Apache-2.0
//
// TicketRing: ticket keys that the server makes for itself and renews by itself: one ring for the
// whole family of processes, in shared memory that outlives a graceful restart, so that children of
// the old and of the new generation open each other's tickets.
//
// `current` names the newest key: generation and slot in one word. To rotate is to draw a slot
// that nobody else will draw for the next 255 attempts, to write a key there, and to publish
// it with one compare-and-swap of `current`. Who loses, or wakes up late, wipes its own slot; who
// dies leaves a key that was never used. The parent rotates when it is due; should it be gone or
// stuck, any child does when the key is kOverdue late. `claim` keeps all of them from trying at
// once: one attempt in ten seconds, whatever became of the last one. Nobody waits for anybody.
//
// A key is used from its creation to that of its successor, and opens tickets for `lifetime` after
// that. Then the parent wipes it: tickets recorded before cannot be opened any more (RFC 9325 7.4).
//
// Times are of the steady clock, which all processes of a machine share and nobody can set.
#pragma once

#include <chrono>
#include <memory>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_scache/ticket_keys.h"

namespace tlsplus {

class TicketRing final : public TicketKeys {
 public:
  struct Timing {
    std::chrono::seconds rotate_every;
    std::chrono::seconds lifetime;  // of a ticket; above a week counts as a week (RFC 8446 4.6.1)
  };
  /// A child takes rotation over when the parent is so late.
  static constexpr std::chrono::seconds kOverdue{60};

  /// What create() and attach() want, at a cache line or better.
  static std::size_t bytes() noexcept;
  /// A new ring with its first key. Errors: memory too small or misaligned, no random numbers.
  /// `memory`, `cipher` and `clock` must outlive it.
  static Result<std::unique_ptr<TicketRing>> create(MutableByteView memory,
                                                    const TicketCipher& cipher, const Clock& clock,
                                                    Timing timing);
  /// The ring that create() laid out there, keys and counters and all; null if these bytes are
  /// none. `timing` may be another than before.
  static std::unique_ptr<TicketRing> attach(MutableByteView memory, const TicketCipher& cipher,
                                            const Clock& clock, Timing timing);

  [[nodiscard]] std::optional<TicketKey> newest() noexcept override;
  [[nodiscard]] std::optional<Found> find(const TicketKeyName& name) noexcept override;

  /// The parent's turn, every few seconds: rotates if due, wipes keys that are of no more use.
  void tick() noexcept;

  struct State {
    std::uint64_t generation = 0;  // keys made since the ring exists
    std::uint64_t keys = 0;        // that open tickets now
    std::chrono::seconds newest_age{0};
  };
  [[nodiscard]] State state() const noexcept;

 private:
  struct Layout;
  struct Current;

  TicketRing(Layout& layout, const TicketCipher& cipher, const Clock& clock,
             Timing timing) noexcept;

  [[nodiscard]] std::uint64_t now() const noexcept;
  [[nodiscard]] Current current() const noexcept;
  [[nodiscard]] bool may_attempt() noexcept;
  bool rotate() noexcept;
  [[nodiscard]] std::uint64_t end_of_life(std::size_t slot, std::uint64_t generation,
                                          std::uint64_t created) const noexcept;

  Layout& layout_;
  const Clock& clock_;
  std::uint64_t rotate_every_ = 0;  // seconds
  std::uint64_t lifetime_;
};

}  // namespace tlsplus
