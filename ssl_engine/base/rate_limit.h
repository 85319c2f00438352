// SPDX-License-Identifier: Apache-2.0
//
// How often something may happen that a peer can cause as often as it likes, such as a long line in
// the log. Any thread.
#pragma once

#include <chrono>
#include <mutex>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

class RateLimit {
 public:
  explicit RateLimit(unsigned per_second) noexcept : per_second_(per_second) {}

  /// True for the first so many calls of each second.
  bool take(Instant now) noexcept {
    const std::scoped_lock lock(mutex_);
    if (now - began_ >= std::chrono::seconds(1) || left_ > per_second_) {
      began_ = now;
      left_ = per_second_;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  std::mutex mutex_;
  Instant began_{};
  unsigned per_second_;
  unsigned left_ = ~0U;  // more than any limit: nothing was asked yet
};

}  // namespace tlsplus
