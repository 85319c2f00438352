// SPDX-License-Identifier: Apache-2.0
//
// RateLimit: how often something may happen that a peer or a fault can cause as often as it likes,
// such as a line in the log. What is held back is counted, and the next one that may happen is told
// how many there were, so that a flood becomes a few lines that say how large it was.
//
// Without a lock: each step is one atomic instruction, so that the count may lie in memory that all
// processes share, where one of them may be killed at any instruction. What else is written there
// costs a line too many or too few.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

class RateLimit {
 public:
  /// All zeros is a fresh one.
  struct Count {
    std::atomic<std::uint64_t> span{0};  // its first millisecond + 1, and how many it has had
    std::atomic<std::uint64_t> held_back{0};
  };

  /// Lets `most` (1 to 65,535) happen in a span of `per`, which begins with the first of them.
  explicit constexpr RateLimit(unsigned most,
                               std::chrono::seconds per = std::chrono::seconds{1}) noexcept
      : most_(most), per_(per) {}

  /// Counts in `shared` from now on, which outlives this. Before anybody else uses it.
  void share(Count& shared) noexcept { count_ = &shared; }

  /// Nothing: hold it back. A number: go on; so many were held back since the last that went on.
  /// Any thread.
  std::optional<std::uint64_t> take(Instant now) noexcept;

 private:
  unsigned most_;
  std::chrono::milliseconds per_;
  Count own_;
  Count* count_ = &own_;
};

}  // namespace tlsplus
