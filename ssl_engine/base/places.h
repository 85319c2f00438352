// SPDX-License-Identifier: Apache-2.0
//
// Places: how many of something there may be at once in a process, for whoever needs no more than
// the number.
#pragma once

#include <atomic>
#include <cstddef>

namespace tlsplus {

/// The limit is set before there are threads; any of them may take a place and give one back.
class Places {
 public:
  void limit(std::size_t most) noexcept { most_ = most; }
  [[nodiscard]] bool take() noexcept {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    leave();
    return false;
  }
  void leave() noexcept { taken_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::size_t most_ = 0;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace tlsplus
