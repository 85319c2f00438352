// SPDX-License-Identifier: Apache-2.0
//
// How many requests of one process may wait at a time for a client that was asked again. Each holds
// a thread: with all of them held by clients that do not answer, nobody else would be served.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

namespace tlsplus {

/// Any thread may take(); the limit is set before there are threads.
class WaitingPlaces {
 public:
  /// Given back when it goes out of scope.
  class Place {
   public:
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (owner_ != nullptr) owner_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }
    /// False: none was left.
    explicit operator bool() const noexcept { return owner_ != nullptr; }

   private:
    friend class WaitingPlaces;
    explicit Place(WaitingPlaces* owner) noexcept : owner_(owner) {}
    WaitingPlaces* owner_;
  };

  /// Half of the threads, at least one. A process with one thread serves one client anyway: no
  /// limit.
  void share_threads(int threads) noexcept { most_ = threads > 1 ? std::max(1, threads / 2) : 0; }

  [[nodiscard]] Place take() noexcept {
    const int before = taken_.fetch_add(1, std::memory_order_relaxed);
    if (most_ == 0 || before < most_) return Place(this);
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return Place(nullptr);
  }

 private:
  int most_ = 0;  // 0: no limit
  std::atomic<int> taken_{0};
};

}  // namespace tlsplus
