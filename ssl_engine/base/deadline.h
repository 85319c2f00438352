// SPDX-License-Identifier: Apache-2.0
//
// remaining(): a deadline as poll(2) wants it. Whatever waits for several things in turn is given
// the Instant at which all of it must be over, never a time for each.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

constexpr Instant kNoDeadline = Instant::max();

/// Milliseconds to `deadline`, at most as many as an int holds; 0 once it has passed.
inline int remaining(Instant deadline) noexcept {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace tlsplus
