// SPDX-License-Identifier: Apache-2.0
//
// SecretBytes: memory for secrets, in anonymous mappings of whole pages. Locking them may be
// refused (RLIMIT_MEMLOCK); that is no reason to refuse the secret.
#include "ssl_engine/base/secret.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>

namespace tlsplus {
namespace {

std::size_t whole_pages(std::size_t size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  mapped_bytes_ = whole_pages(size);
  void* pages =
      mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) std::__throw_bad_alloc();
  memory_ = static_cast<Byte*>(pages);
  (void)madvise(pages, mapped_bytes_, MADV_DONTDUMP);
  (void)mlock(pages, mapped_bytes_);
}

SecretBytes::SecretBytes(ByteView copy_of) : SecretBytes(copy_of.size()) {
  std::copy(copy_of.begin(), copy_of.end(), memory_);
}

SecretBytes::~SecretBytes() {
  if (memory_ == nullptr) return;
  wipe({memory_, mapped_bytes_});
  (void)munmap(memory_, mapped_bytes_);
}

void SecretBytes::shrink(std::size_t size) noexcept {
  wipe(reveal().subspan(size));
  size_ = size;
}

void wipe(MutableByteView bytes) noexcept {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace tlsplus
