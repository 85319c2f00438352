// SPDX-License-Identifier: Apache-2.0
//
// SecretBytes: key material and pass phrases. Wiped when it goes, kept out of core dumps and out of
// swap where the system lets us, never copied by accident and never printed: there is no conversion
// to text, only an explicit look.
#pragma once

#include <cstddef>
#include <utility>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

/// Owns whole pages of its own, so that madvise(MADV_DONTDUMP) and mlock() touch nothing
/// else. Move only. Not thread safe.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// Throws std::bad_alloc when the system gives no pages.
  explicit SecretBytes(std::size_t size);
  explicit SecretBytes(ByteView copy_of);
  SecretBytes(SecretBytes&& other) noexcept { swap(other); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    SecretBytes gone(std::move(other));
    swap(gone);
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// The bytes themselves; the view ends with this object.
  [[nodiscard]] ByteView reveal() const noexcept { return {memory_, size_}; }
  [[nodiscard]] MutableByteView reveal() noexcept { return {memory_, size_}; }
  /// Forgets what lies beyond `size`; size <= size().
  void shrink(std::size_t size) noexcept;

  /// The same memory without an owner, for a secret that has to outlive our code.
  struct Raw {
    Byte* memory = nullptr;
    std::size_t size = 0;
    std::size_t mapped_bytes = 0;
  };
  Raw release() noexcept {
    const Raw raw{memory_, size_, mapped_bytes_};
    memory_ = nullptr;
    size_ = mapped_bytes_ = 0;
    return raw;
  }
  /// Owns what release() gave.
  static SecretBytes adopt(const Raw& raw) noexcept {
    SecretBytes owner;
    owner.memory_ = raw.memory;
    owner.size_ = raw.size;
    owner.mapped_bytes_ = raw.mapped_bytes;
    return owner;
  }

 private:
  void swap(SecretBytes& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(mapped_bytes_, other.mapped_bytes_);
  }

  Byte* memory_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_bytes_ = 0;
};

/// memset that no optimiser removes.
void wipe(MutableByteView bytes) noexcept;

}  // namespace tlsplus
