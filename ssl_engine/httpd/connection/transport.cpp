// SPDX-License-Identifier: Apache-2.0
//
// A bucket read from below stays in `records` until OpenSSL has used it up, so its bytes are
// read in place. Records on their way down are transient buckets over out(): the core filter
// writes them at once or copies what it could not write. They are made at the last moment, since
// out() moves its memory when more records come.
#include "ssl_engine/httpd/connection/transport.h"

#include <poll.h>

#include <cerrno>
#include <limits>

namespace tlsplus {
namespace {

// More than a socket read ever returns, so that the core reads until the socket is empty and
// one call is enough; what it found tells whether another would find anything.
constexpr apr_off_t kReadBytes = apr_off_t{64} * 1024;

void drop_used_bucket(TlsConnection& tls) noexcept {
  if (tls.front_is_fed) apr_bucket_delete(APR_BRIGADE_FIRST(tls.records));
  tls.front_is_fed = false;
}

apr_status_t read_below(TlsConnection& tls, apr_read_type_e block) {
  const apr_status_t status =
      ap_get_brigade(tls.input_filter->next, tls.records, AP_MODE_READBYTES, block, kReadBytes);
  if (status != APR_SUCCESS) return status;
  apr_off_t length = 0;
  if (apr_brigade_length(tls.records, 0, &length) == APR_SUCCESS) {
    tls.drained = length >= 0 && length < kReadBytes;
  }
  if (!APR_BRIGADE_EMPTY(tls.records)) return APR_SUCCESS;
  return block == APR_NONBLOCK_READ ? APR_EAGAIN : APR_EOF;
}

/// APR_INCOMPLETE: no data bucket was left.
apr_status_t feed_next_bucket(TlsConnection& tls) {
  while (!APR_BRIGADE_EMPTY(tls.records)) {
    apr_bucket* bucket = APR_BRIGADE_FIRST(tls.records);
    if (APR_BUCKET_IS_EOS(bucket)) {
      tls.core.end_input();
      return APR_EOF;
    }
    const char* bytes = nullptr;
    apr_size_t size = 0;
    const apr_status_t status = apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ);
    if (status != APR_SUCCESS) return status;
    if (size != 0) {
      tls.core.feed({reinterpret_cast<const Byte*>(bytes), size});
      tls.front_is_fed = true;
      return APR_SUCCESS;
    }
    apr_bucket_delete(bucket);
  }
  return APR_INCOMPLETE;
}

/// Between the buckets of `outgoing`, each part before the bucket that was placed behind it.
void insert_records(TlsConnection& tls, ByteView records) {
  const auto part_up_to = [&](std::size_t end, std::size_t begin) {
    return apr_bucket_transient_create(reinterpret_cast<const char*>(records.data() + begin),
                                       end - begin, tls.connection().bucket_alloc);
  };
  std::size_t done = 0;
  for (const auto& place : tls.places) {
    APR_BUCKET_INSERT_BEFORE(place.bucket, part_up_to(place.records_before, done));
    done = place.records_before;
  }
  if (done != records.size()) {
    APR_BRIGADE_INSERT_TAIL(tls.outgoing, part_up_to(records.size(), done));
  }
  tls.places.clear();
}

}  // namespace

apr_status_t feed_from_below(TlsConnection& tls, apr_read_type_e block) {
  drop_used_bucket(tls);
  for (;;) {
    const apr_status_t fed = feed_next_bucket(tls);
    if (fed != APR_INCOMPLETE) return fed;
    const apr_status_t got = read_below(tls, block);
    if (APR_STATUS_IS_EOF(got)) {
      tls.core.end_input();
      return APR_EOF;
    }
    if (got != APR_SUCCESS) return got;
  }
}

apr_status_t wait_for_socket(TlsConnection& tls, short what, int milliseconds) noexcept {
  pollfd socket{-1, what, 0};
  (void)apr_os_sock_get(&socket.fd, ap_get_conn_socket(&tls.connection()));
  const int ready = poll(&socket, 1, milliseconds);
  if (ready < 0 && errno != EINTR) return apr_get_os_error();
  return ready == 0 ? APR_TIMEUP : APR_SUCCESS;  // whoever was interrupted looks again
}

apr_status_t wait_for_socket(TlsConnection& tls, short what, Instant deadline) noexcept {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  auto left = deadline - tls.clock().steady();
  apr_interval_time_t timeout = -1;
  (void)apr_socket_timeout_get(ap_get_conn_socket(&tls.connection()), &timeout);
  if (timeout >= 0) left = std::min<Instant::duration>(left, microseconds(timeout));
  if (left <= Instant::duration::zero()) return APR_TIMEUP;
  // Rounded up: the last part of a millisecond is no reason to look again and again.
  const auto bound = std::chrono::ceil<milliseconds>(left).count();
  constexpr milliseconds::rep kMost = std::numeric_limits<int>::max();
  return wait_for_socket(tls, what, static_cast<int>(std::min(bound, kMost)));
}

void let_go_of_used_records(TlsConnection& tls) noexcept {
  if (tls.core.unread().empty()) drop_used_bucket(tls);
}

bool has_more_records(const TlsConnection& tls) noexcept {
  if (!tls.front_is_fed) return !APR_BRIGADE_EMPTY(tls.records);
  return APR_BRIGADE_FIRST(tls.records) != APR_BRIGADE_LAST(tls.records);
}

void place_behind_records(TlsConnection& tls, apr_bucket* bucket) {
  const std::size_t before = tls.core.out().size();
  if (before > (tls.places.empty() ? 0 : tls.places.back().records_before)) {
    tls.places.push_back({bucket, before});
  }
  APR_BRIGADE_INSERT_TAIL(tls.outgoing, bucket);
}

apr_status_t pass_below(TlsConnection& tls) {
  const ByteView records = tls.core.out().view();
  insert_records(tls, records);
  if (APR_BRIGADE_EMPTY(tls.outgoing)) return APR_SUCCESS;
  const apr_status_t status = ap_pass_brigade(tls.output_filter->next, tls.outgoing);
  apr_brigade_cleanup(tls.outgoing);
  tls.core.out().consume(records.size());
  tls.ticket_bytes = 0;
  return status;
}

apr_status_t flush_below(TlsConnection& tls) {
  place_behind_records(tls, apr_bucket_flush_create(tls.connection().bucket_alloc));
  return pass_below(tls);
}

apr_status_t feed_from_below(TlsConnection& tls, Instant deadline) {
  for (;;) {
    const apr_status_t fed = feed_from_below(tls, APR_NONBLOCK_READ);
    if (!APR_STATUS_IS_EAGAIN(fed)) return fed;
    const apr_status_t ready = wait_for_socket(tls, POLLIN, deadline);
    if (ready != APR_SUCCESS) return ready;
  }
}

apr_status_t flush_below(TlsConnection& tls, Instant deadline) {
  for (;;) {
    const apr_status_t sent = push_below(tls);
    if (!APR_STATUS_IS_EAGAIN(sent)) return sent;
    const apr_status_t ready = wait_for_socket(tls, POLLOUT, deadline);
    if (ready != APR_SUCCESS) return ready;
  }
}

apr_status_t push_below(TlsConnection& tls) {
  if (const apr_status_t status = pass_below(tls); status != APR_SUCCESS) return status;
  // The core's filter keeps small writes to itself until it is called without a brigade, as
  // the MPM does when it completes a write.
  ap_filter_t* last = tls.output_filter;
  while (last->next != nullptr) last = last->next;
  const apr_status_t status = last->frec->filter_func.out_func(last, nullptr);
  if (status != APR_SUCCESS) return status;
  return tls.connection().data_in_output_filters != 0 ? APR_EAGAIN : APR_SUCCESS;
}

}  // namespace tlsplus
