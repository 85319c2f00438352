// SPDX-License-Identifier: Apache-2.0
//
// SecretArena: a region begins at a multiple of its least size, so that the address of a block says
// where its region's head is.
#include "ssl_engine/base/secret_arena.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <new>

#include "ssl_engine/base/secret.h"

namespace tlsplus {
namespace {

constexpr std::size_t kRegionBytes = std::size_t{64} << 10U;  // some 300 keys of P-256
constexpr std::size_t kAlignment = alignof(std::max_align_t);

constexpr std::size_t rounded_up(std::size_t bytes, std::size_t to) noexcept {
  return (bytes + to - 1) / to * to;
}

}  // namespace

struct SecretArena::Region {
  std::atomic<std::uint32_t> references{1};
  std::size_t mapped_bytes = 0;

  static constexpr std::size_t head_bytes() noexcept {
    return rounded_up(sizeof(Region), kAlignment);
  }
};

SecretArena::~SecretArena() {
  if (region_ != nullptr) drop(region_);
}

SecretArena::Region* SecretArena::region_for(std::size_t bytes) {
  const std::size_t wanted = rounded_up(Region::head_bytes() + bytes, kRegionBytes);
  // The kernel aligns to pages: what lies before and behind the aligned part is given back.
  const std::size_t mapped = wanted + kRegionBytes;
  void* const pages =
      mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) std::__throw_bad_alloc();
  auto* const begin = static_cast<std::byte*>(pages);
  const std::size_t before = rounded_up(reinterpret_cast<std::uintptr_t>(begin), kRegionBytes) -
                             reinterpret_cast<std::uintptr_t>(begin);
  if (before != 0) (void)munmap(begin, before);
  const std::size_t behind = mapped - before - wanted;
  if (behind != 0) (void)munmap(begin + before + wanted, behind);
  (void)madvise(begin + before, wanted, MADV_DONTDUMP);
#ifdef MLOCK_ONFAULT
  // Not what nobody has written to: some arenas give but one block.
  (void)mlock2(begin + before, wanted, MLOCK_ONFAULT);
#endif
  auto* const region = new (begin + before) Region;  // NOLINT(*-owning-memory): drop() ends it
  region->mapped_bytes = wanted;
  return region;
}

void SecretArena::drop(Region* region) noexcept {
  if (region->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  (void)munmap(region, region->mapped_bytes);
}

void* SecretArena::allocate(std::size_t bytes) {
  bytes = rounded_up(bytes, kAlignment);
  if (region_ == nullptr || used_ + bytes > region_->mapped_bytes) {
    Region* const next = region_for(bytes);
    if (region_ != nullptr) drop(region_);
    region_ = next;
    used_ = Region::head_bytes();
  }
  void* const memory = reinterpret_cast<std::byte*>(region_) + used_;
  used_ += bytes;
  // Beyond the first part no address leads to the head.
  if (region_->mapped_bytes > kRegionBytes) used_ = region_->mapped_bytes;
  region_->references.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void SecretArena::release(void* memory, std::size_t bytes) noexcept {
  wipe({static_cast<Byte*>(memory), bytes});
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  drop(reinterpret_cast<Region*>(address - address % kRegionBytes));  // NOLINT(*-int-to-ptr)
}

}  // namespace tlsplus
