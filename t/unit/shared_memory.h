// SPDX-License-Identifier: Apache-2.0
//
// Memory that forked processes share, and somebody who writes over it.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "ssl_engine/base/bytes.h"
#include "t/unit/unit.h"

namespace tlsplus::test {

class SharedMemory {
 public:
  explicit SharedMemory(std::size_t size) : size_(size) {
    memory_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(memory_ != MAP_FAILED);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() { (void)munmap(memory_, size_); }
  [[nodiscard]] MutableByteView bytes() const { return {static_cast<Byte*>(memory_), size_}; }

 private:
  void* memory_ = nullptr;
  std::size_t size_;
};

/// Writes what no owner of the memory would, and always the same for the same `seed`.
class Scribbler {
 public:
  Scribbler(MutableByteView memory, std::uint64_t seed) : random_(seed) {
    // A word at a time, as another process may: half of one is nothing the readers must expect.
    words_ = {reinterpret_cast<std::atomic<std::uint64_t>*>(memory.data()), memory.size() / 8};
  }
  [[nodiscard]] std::size_t words() const { return words_.size(); }
  void write(std::size_t first, std::size_t count) {
    for (auto& word : words_.subspan(first, std::min(count, words_.size() - first))) {
      word.store(random_(), std::memory_order_relaxed);
    }
  }

 private:
  std::mt19937_64 random_;
  std::span<std::atomic<std::uint64_t>> words_;
};

}  // namespace tlsplus::test
