// SPDX-License-Identifier: Apache-2.0
//
// pool_new(), the bridge between C++ lifetimes and pools: an object lives as long as its pool and
// is destroyed by a cleanup on it. Nothing else of ours is allocated from pools but text.
#pragma once

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Builds a T that lives exactly as long as `pool`.
template <class T, class... Args>
T& pool_new(apr_pool_t* pool, Args&&... args) {
  auto object = std::make_unique<T>(std::forward<Args>(args)...);
  apr_pool_cleanup_register(
      pool, object.get(),
      [](void* raw) noexcept -> apr_status_t {
        delete static_cast<T*>(raw);  // NOLINT(*-owning-memory): the pool owned it
        return APR_SUCCESS;
      },
      apr_pool_cleanup_null);  // null: a CGI child about to exec() destroys nothing of ours
  return *object.release();
}

/// Plain pool memory without a cleanup, for what is made with every request.
template <class T, class... Args>
T& pool_plain(apr_pool_t* pool, Args&&... args) {
  static_assert(std::is_trivially_destructible_v<T>);
  return *new (apr_palloc(pool, sizeof(T))) T{std::forward<Args>(args)...};
}

}  // namespace tlsplus
