// SPDX-License-Identifier: Apache-2.0
//
// make_segment(), keep_segment(): memory of apr_shm, aligned and locked. apr_shm puts a header in
// front of what it hands out, so there is slack for the alignment.
#include "ssl_engine/httpd/resumption/shm_segment.h"

#include <sys/mman.h>

#include <cstring>
#include <memory>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/status_text.h"

namespace tlsplus {
namespace {

constexpr std::size_t kAlignment = 64;

/// In memory of the process, found again by name after the module was loaded anew. `pool` owns
/// the segment; nothing in it points into the module.
struct Kept {
  apr_pool_t* pool;
  Byte* memory;
  std::size_t size;
};

Error failure(std::size_t size, apr_status_t status) {
  return {.what = text("no shared memory of ", size, " bytes: ", status_text(status))};
}

}  // namespace

Result<MutableByteView> make_segment(apr_pool_t& pool, std::size_t size, Holds what) {
  apr_shm_t* segment = nullptr;
  const apr_status_t status = apr_shm_create(&segment, size + kAlignment, nullptr, &pool);
  if (status != APR_SUCCESS) return failure(size, status);
  void* start = apr_shm_baseaddr_get(segment);
  std::size_t room = size + kAlignment;
  if (std::align(kAlignment, size, start, room) == nullptr) return failure(size, APR_ENOMEM);
  if (what == Holds::public_things) return MutableByteView(static_cast<Byte*>(start), size);
  (void)mlock(start, size);
  // madvise() wants whole pages; those at the edges belong to this mapping too.
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto before = reinterpret_cast<std::uintptr_t>(start) % page;
  (void)madvise(static_cast<Byte*>(start) - before, size + before, MADV_DONTDUMP);
  std::memset(start, 0, size);
  return MutableByteView(static_cast<Byte*>(start), size);
}

Result<KeptSegment> keep_segment(server_rec& server, const char* name, std::size_t size,
                                 Holds what) {
  auto* kept = static_cast<Kept*>(ap_retained_data_get(name));
  if (kept == nullptr) kept = static_cast<Kept*>(ap_retained_data_create(name, sizeof(Kept)));
  if (kept->pool != nullptr && kept->size == size) {
    return KeptSegment{{kept->memory, kept->size}, false};
  }
  drop_segment(name);
  apr_pool_t* pool = nullptr;
  apr_status_t status = apr_pool_create(&pool, server.process->pool);
  if (status != APR_SUCCESS) return failure(size, status);
  auto made = make_segment(*pool, size, what);
  if (!made) {
    apr_pool_destroy(pool);
    return std::move(made).error();
  }
  *kept = {pool, made->data(), size};
  return KeptSegment{*made, true};
}

MutableByteView kept_segment(const char* name) noexcept {
  auto* kept = static_cast<Kept*>(ap_retained_data_get(name));
  if (kept == nullptr || kept->pool == nullptr) return {};
  return {kept->memory, kept->size};
}

void drop_segment(const char* name) noexcept {
  auto* kept = static_cast<Kept*>(ap_retained_data_get(name));
  if (kept == nullptr || kept->pool == nullptr) return;
  apr_pool_destroy(kept->pool);
  *kept = {};
}

}  // namespace tlsplus
