// SPDX-License-Identifier: Apache-2.0
//
// SecretArena: memory for many small secrets, such as ten thousand private keys: in regions of
// their own that stay out of core dumps and, where the system lets us, out of swap. SecretBytes
// takes whole pages for each. A block may outlive the arena, and the code that made it: what it is
// given back by lies in its region.
#pragma once

#include <cstddef>

namespace tlsplus {

/// allocate() is for one thread; release() for any.
class SecretArena {
 public:
  SecretArena() = default;
  SecretArena(const SecretArena&) = delete;
  SecretArena& operator=(const SecretArena&) = delete;
  ~SecretArena();

  /// Aligned for everything. Throws std::bad_alloc.
  void* allocate(std::size_t bytes);
  /// Wipes `bytes` of what allocate() gave; the region goes with the last block in it.
  static void release(void* memory, std::size_t bytes) noexcept;

 private:
  struct Region;
  static Region* region_for(std::size_t bytes);
  static void drop(Region* region) noexcept;

  Region* region_ = nullptr;  // that is being filled; it has a reference of ours
  std::size_t used_ = 0;
};

}  // namespace tlsplus
