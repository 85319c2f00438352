// SPDX-License-Identifier: Apache-2.0
//
// LockWatch: whether the lock of a cache is held by somebody who does not let go, as a stopped
// process does, or machines that are merely busy pass it on slowly. Only the first is worth waking
// a person for: nobody got it for kLong. Lives in shared memory, one for all processes; every step
// is one atomic instruction.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

/// All zeros is a fresh one.
class LockWatch {
 public:
  /// From here on it is told.
  static constexpr std::chrono::seconds kLong{3};
  /// Two failures so far apart have nothing to do with each other.
  static constexpr std::chrono::seconds kForgotten{60};
  /// After a wait in vain nobody waits for so long.
  static constexpr std::chrono::seconds kNoWait{1};

  /// False: somebody has just waited in vain.
  [[nodiscard]] bool may_wait(Instant now) const noexcept;
  /// After a wait in vain. True for the one caller who is to say so in the log.
  [[nodiscard]] bool note_busy(Instant now) noexcept;
  /// It was had. True for the one caller who is to say so in the log, after somebody has told of
  /// it.
  [[nodiscard]] bool note_free() noexcept;

 private:
  std::atomic<std::uint64_t> since_;  // millisecond of the steady clock + 1; 0: free
  std::atomic<std::uint64_t> last_;
  std::atomic<std::uint32_t> told_;
};

}  // namespace tlsplus
