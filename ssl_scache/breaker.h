// SPDX-License-Identifier: Apache-2.0
//
// Breaker: whether a server behind a cache is worth asking, known to all processes: after a few
// failures in a row nobody asks any more, so that a dead server costs handshakes nothing; somebody
// whose waiting hurts nobody (the parent) tries it from time to time. Lives in shared memory; every
// step is one atomic instruction, so a process that dies anywhere leaves it in order.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

/// All zeros is a fresh one, closed: the server is asked.
class Breaker {
 public:
  static constexpr std::uint32_t kFailures = 3;  // in a row open it
  /// Should the parent not come (stopped, stuck), one handshake in so long tries instead.
  static constexpr std::chrono::seconds kLastResort{60};

  [[nodiscard]] bool is_open() const noexcept {
    return opened_.load(std::memory_order_relaxed) != 0;
  }
  /// May this operation ask the server? Almost always: is it closed? One in `again` may try.
  [[nodiscard]] bool allows(Instant now, std::chrono::seconds again = kLastResort) noexcept;
  /// True for the one caller whose failure opened it, who says so in the log.
  [[nodiscard]] bool note_failure(Instant now) noexcept;
  /// True for the one caller whose success closed it, who says so in the log.
  [[nodiscard]] bool note_success() noexcept;

 private:
  std::atomic<std::uint64_t> opened_;  // second of the steady clock + 1; 0: closed
  std::atomic<std::uint32_t> failures_;
};

}  // namespace tlsplus
