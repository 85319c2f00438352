// SPDX-License-Identifier: Apache-2.0
//
// The coalescing filter: lets the head of a response share a record with its body.
//
// httpd's header filter passes the head of a response alone and, in the same call, what it is the
// head of. Nothing else is kept: whoever wrote something small may be waiting for an answer to it.
#include "ssl_engine/httpd/connection/coalescing_filter.h"

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/connection/tls_channel.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostHeadBytes = 4096;  // the first record of a connection is no larger

/// True if there is nothing in it but a few bytes that lie in memory.
bool is_small_data(apr_bucket_brigade& brigade) noexcept {
  std::size_t bytes = 0;
  for (apr_bucket* bucket = APR_BRIGADE_FIRST(&brigade); bucket != APR_BRIGADE_SENTINEL(&brigade);
       bucket = APR_BUCKET_NEXT(bucket)) {
    const bool is_in_memory = APR_BUCKET_IS_HEAP(bucket) || APR_BUCKET_IS_TRANSIENT(bucket) ||
                              APR_BUCKET_IS_IMMORTAL(bucket) || APR_BUCKET_IS_POOL(bucket);
    if (!is_in_memory) return false;
    bytes += bucket->length;
    if (bytes >= kMostHeadBytes) return false;
  }
  return true;
}

apr_status_t keep(TlsChannel& channel, apr_bucket_brigade& brigade) {
  while (!APR_BRIGADE_EMPTY(&brigade)) {
    apr_bucket* bucket = APR_BRIGADE_FIRST(&brigade);
    const char* bytes = nullptr;
    apr_size_t size = 0;
    const apr_status_t status = apr_bucket_read(bucket, &bytes, &size, APR_NONBLOCK_READ);
    if (status != APR_SUCCESS) return status;
    if (!channel.outbound.write({reinterpret_cast<const Byte*>(bytes), size})) return APR_EGENERAL;
    apr_bucket_delete(bucket);
  }
  return APR_SUCCESS;
}

apr_status_t coalesce(TlsChannel& channel, ap_filter_t& filter, apr_bucket_brigade& brigade) {
  const bool is_head = channel.answers.begins_now();
  if (is_head && channel.end().phase() == Phase::established && !channel.is_aborted() &&
      is_small_data(brigade)) {
    return keep(channel, brigade);
  }
  return ap_pass_brigade(filter.next, &brigade);
}

}  // namespace

extern "C" apr_status_t tlsplus_coalescing_filter(ap_filter_t* filter,
                                                  apr_bucket_brigade* brigade) noexcept {
  auto& channel = *static_cast<TlsChannel*>(filter->ctx);
  if (brigade == nullptr) return APR_SUCCESS;
  return at_boundary(channel.log(), "coalescing filter", apr_status_t{APR_EGENERAL},
                     [&] { return coalesce(channel, *filter, *brigade); });
}

}  // namespace tlsplus
