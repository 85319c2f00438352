// SPDX-License-Identifier: Apache-2.0
//
// A brigade downwards: data becomes records, everything else keeps its place among them. One
// pass down the chain carries as many records as there are, because each pass may be a system
// call: the response, its end and the close_notify of a connection that ends leave together.
//
// Nothing is kept between two calls. Where small writes wait for company is the core's filter: it
// says so in data_in_output_filters, and the MPM and mod_proxy's tunnels, which write without a
// FLUSH, know how to make it write. Nobody would look here.
#include "ssl_engine/httpd/output_filter.h"

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/filters.h"
#include "ssl_engine/httpd/transport.h"

namespace tlsplus {
namespace {

// httpd reads files in 8,000-byte steps unless told otherwise. They are read and not mapped: for a
// small file that is two system calls less, in a process of many threads each mapping that goes
// interrupts every core the process runs on, and a file that is cut off while it is served
// ends the answer, not the child (SIGBUS).
constexpr apr_size_t kFileReadBytes = apr_size_t{64} * 1024;
// Enough that a write costs little per byte, little enough to stay in the cache with the
// plaintext it came from.
constexpr std::size_t kPassBytes = std::size_t{128} * 1024;
// The core's filter keeps less than this to itself as well (THRESHOLD_MIN_WRITE).
constexpr std::size_t kWorthSendingBytes = 4096;

/// One call of the filter.
class Pass {
 public:
  Pass(TlsConnection& tls, apr_bucket_brigade& brigade) noexcept : tls_(tls), brigade_(brigade) {}

  apr_status_t run() {
    while (!APR_BRIGADE_EMPTY(&brigade_)) {
      apr_bucket* bucket = APR_BRIGADE_FIRST(&brigade_);
      const apr_status_t status =
          APR_BUCKET_IS_METADATA(bucket) ? take_metadata(bucket) : take_data(bucket);
      if (status != APR_SUCCESS) return status;
    }
    if (waits_for_end_of_request_) return APR_SUCCESS;
    if (!tls_.outbound.flush()) return broken();
    return pass_below(tls_);
  }

 private:
  apr_status_t take_metadata(apr_bucket* bucket) {
    if (AP_BUCKET_IS_EOC(bucket)) return take_end_of_connection(bucket);
    const bool ends_request = AP_BUCKET_IS_EOR(bucket) != 0;
    waits_for_end_of_request_ = APR_BUCKET_IS_EOS(bucket) && is_small_last_answer();
    if (waits_for_end_of_request_) {
      apr_bucket_delete(bucket);  // EOS means nothing below the protocol
      return APR_SUCCESS;
    }
    if (!tls_.outbound.flush()) return broken();
    if (ends_request && tls_.connection().keepalive == AP_CONN_CLOSE &&
        tls_.farewell != Farewell::unclean) {
      tls_.tls.send_close_notify();
    }
    return keep_in_place(bucket);
  }

  /// One that its end, which httpd sends when the handler is back, takes along with close_notify.
  /// The core's filter would not write so little before that either.
  bool is_small_last_answer() const noexcept {
    return tls_.connection().keepalive == AP_CONN_CLOSE &&
           tls_.tls.out().size() + tls_.outbound.gathered_bytes() < kWorthSendingBytes;
  }

  apr_status_t take_end_of_connection(apr_bucket* bucket) {
    if (!tls_.outbound.flush()) return broken();
    if (tls_.connection().aborted == 0 && tls_.farewell != Farewell::unclean) {
      tls_.tls.send_close_notify();
    } else {
      tls_.tls.close_quietly();
    }
    return keep_in_place(bucket);
  }

  /// Behind the records made so far.
  apr_status_t keep_in_place(apr_bucket* bucket) {
    APR_BUCKET_REMOVE(bucket);
    place_behind_records(tls_, bucket);
    return APR_SUCCESS;
  }

  apr_status_t take_data(apr_bucket* bucket) {
    waits_for_end_of_request_ = false;
    if (APR_BUCKET_IS_FILE(bucket)) {
      (void)apr_bucket_file_set_buf_size(bucket, kFileReadBytes);
      (void)apr_bucket_file_enable_mmap(bucket, 0);
    }
    const char* bytes = nullptr;
    apr_size_t size = 0;
    apr_status_t status = apr_bucket_read(bucket, &bytes, &size, APR_NONBLOCK_READ);
    if (APR_STATUS_IS_EAGAIN(status)) {
      // A pipe that has nothing yet: what came before it must not wait for it.
      if (!tls_.outbound.flush()) return broken();
      if (status = flush_below(tls_); status != APR_SUCCESS) return status;
      status = apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ);
    }
    if (status != APR_SUCCESS) return status;
    if (!tls_.outbound.write({reinterpret_cast<const Byte*>(bytes), size})) return broken();
    apr_bucket_delete(bucket);
    if (tls_.tls.out().size() < kPassBytes) return APR_SUCCESS;
    return pass_below(tls_);
  }

  apr_status_t broken() {
    tls_.log_failure();
    tls_.connection().aborted = 1;
    return APR_ECONNABORTED;
  }

  TlsConnection& tls_;
  apr_bucket_brigade& brigade_;
  bool waits_for_end_of_request_ = false;
};

apr_status_t write(TlsConnection& tls, apr_bucket_brigade& brigade) {
  if (tls.connection().aborted != 0) {
    apr_brigade_cleanup(&brigade);
    return APR_ECONNABORTED;
  }
  switch (tls.tls.phase()) {
    case Phase::established:
      return Pass(tls, brigade).run();
    case Phase::plain_http:
      return ap_pass_brigade(tls.output_filter->next, &brigade);
    case Phase::hello:
    case Phase::handshake:
    case Phase::failed:
      break;
  }
  // Nothing may be said in plaintext; an alert that is still here may go.
  while (!APR_BRIGADE_EMPTY(&brigade)) {
    apr_bucket* bucket = APR_BRIGADE_FIRST(&brigade);
    if (APR_BUCKET_IS_METADATA(bucket)) {
      APR_BUCKET_REMOVE(bucket);
      place_behind_records(tls, bucket);
    } else {
      apr_bucket_delete(bucket);
    }
  }
  return pass_below(tls);
}

}  // namespace

extern "C" apr_status_t tlsplus_output_filter(ap_filter_t* filter,
                                              apr_bucket_brigade* brigade) noexcept {
  auto& tls = *static_cast<TlsConnection*>(filter->ctx);
  if (brigade == nullptr) return APR_SUCCESS;
  return at_boundary(tls.log(), "output filter", apr_status_t{APR_EGENERAL},
                     [&] { return write(tls, *brigade); });
}

}  // namespace tlsplus
