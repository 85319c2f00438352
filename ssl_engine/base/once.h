// SPDX-License-Identifier: Apache-2.0
//
// OnceEach: what is worth saying once for each of many things, directories or names. Any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

namespace tlsplus {

class OnceEach {
 public:
  /// Remembers that many; beyond, nothing is new any more.
  static constexpr std::size_t kMost = 4096;

  bool is_first(std::string key) {
    const std::scoped_lock lock(mutex_);
    return seen_.size() < kMost && seen_.insert(std::move(key)).second;
  }

 private:
  std::mutex mutex_;
  std::unordered_set<std::string> seen_;
};

}  // namespace tlsplus
