// SPDX-License-Identifier: Apache-2.0
//
// Counted: shared ownership of plain memory that may outlive the code which made it: the count is
// in the block, and there is no deleter to point at. std::shared_ptr cannot do that.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

/// T has `std::atomic<std::uint32_t> references`, 1 when it is new, and a static destroy(T*).
/// Copies may be made and dropped on any thread.
template <class T>
class Counted {
 public:
  Counted() = default;
  /// Takes over one reference.
  static Counted adopt(T* block) noexcept {
    Counted owner;
    owner.block_ = block;
    return owner;
  }
  /// Takes one reference more.
  static Counted share(T* block) noexcept {
    if (block != nullptr) block->references.fetch_add(1, std::memory_order_relaxed);
    return adopt(block);
  }

  Counted(const Counted& other) noexcept : block_(share(other.block_).release()) {}
  Counted(Counted&& other) noexcept : block_(other.release()) {}
  Counted& operator=(Counted other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Counted() {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      T::destroy(block_);
    }
  }

  [[nodiscard]] T* get() const noexcept { return block_; }
  T* operator->() const noexcept { return block_; }
  explicit operator bool() const noexcept { return block_ != nullptr; }
  /// Hands the reference over.
  T* release() noexcept { return std::exchange(block_, nullptr); }

  friend bool operator==(const Counted& a, const Counted& b) noexcept = default;

 private:
  T* block_ = nullptr;
};

/// A new T with a copy of `bytes` right behind it, which T's size_bytes counts, in one allocation;
/// T::destroy() gives it back with ::operator delete. Throws std::bad_alloc.
template <class T>
Counted<T> with_bytes_behind(ByteView bytes) {
  static_assert(std::is_trivially_destructible_v<T>);
  void* const memory = ::operator new(sizeof(T) + bytes.size());
  T* const block = new (memory) T;  // NOLINT(*-owning-memory): the Counted owns it
  block->size_bytes = static_cast<std::uint32_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(static_cast<void*>(block + 1), bytes.data(), bytes.size());
  return Counted<T>::adopt(block);
}

}  // namespace tlsplus
