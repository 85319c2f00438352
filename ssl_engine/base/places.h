// SPDX-License-Identifier: Apache-2.0
//
// Places: how many of something there may be at once in a process, and how many of them one client
// may have, for whoever needs no more than the numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>

namespace tlsplus {

/// The limits are set before there are threads; any of them may take a place and give it back.
class Places {
 public:
  void limit(std::size_t most, std::size_t most_of_one) noexcept {
    most_ = most;
    most_of_one_ = std::max<std::size_t>(most_of_one, 1);
  }
  /// `client` says who is counted as one. False: there is none, or none for that one.
  [[nodiscard]] bool take(std::uint16_t client) noexcept {
    const std::scoped_lock lock(mutex_);
    if (taken_ >= most_) return false;
    try {
      std::size_t& own = taken_by_[client];
      if (own >= most_of_one_) return false;
      ++own;
    } catch (const std::bad_alloc&) {
      return false;
    }
    ++taken_;
    return true;
  }
  void leave(std::uint16_t client) noexcept {
    const std::scoped_lock lock(mutex_);
    const auto own = taken_by_.find(client);
    if (own == taken_by_.end()) return;
    --taken_;
    if (--own->second == 0) taken_by_.erase(own);
  }

 private:
  std::size_t most_ = 0;
  std::size_t most_of_one_ = 1;
  std::mutex mutex_;  // guards the rest, for the time of a look-up
  std::size_t taken_ = 0;
  std::map<std::uint16_t, std::size_t> taken_by_;
};

}  // namespace tlsplus
