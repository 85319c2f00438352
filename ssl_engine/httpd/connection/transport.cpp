// SPDX-License-Identifier: Apache-2.0
//
// Transport: records on their way down are transient buckets over out(): the core filter writes
// them at once or copies what it could not write. They are made at the last moment, since out()
// moves its memory when more records come.
#include "ssl_engine/httpd/connection/transport.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <limits>

namespace tlsplus {
namespace {

// More than a socket read ever returns, so that the core reads until the socket is empty and
// one call is enough; what it found tells whether another would find anything.
constexpr apr_off_t kReadBytes = apr_off_t{64} * 1024;

}  // namespace

void Transport::stand_at(ap_filter_t& input, ap_filter_t& output) {
  input_filter_ = &input;
  output_filter_ = &output;
  records_ = apr_brigade_create(connection_.pool, connection_.bucket_alloc);
  outgoing_ = apr_brigade_create(connection_.pool, connection_.bucket_alloc);
}

void Transport::drop_used_bucket() noexcept {
  if (front_is_fed_) apr_bucket_delete(APR_BRIGADE_FIRST(records_));
  front_is_fed_ = false;
}

apr_status_t Transport::read_below(apr_read_type_e block) {
  const apr_status_t status =
      ap_get_brigade(input_filter_->next, records_, AP_MODE_READBYTES, block, kReadBytes);
  if (status != APR_SUCCESS) return status;
  apr_off_t length = 0;
  if (apr_brigade_length(records_, 0, &length) == APR_SUCCESS) {
    is_drained_ = length >= 0 && length < kReadBytes;
  }
  if (!APR_BRIGADE_EMPTY(records_)) return APR_SUCCESS;
  return block == APR_NONBLOCK_READ ? APR_EAGAIN : APR_EOF;
}

/// APR_INCOMPLETE: no data bucket was left.
apr_status_t Transport::feed_next_bucket() {
  while (!APR_BRIGADE_EMPTY(records_)) {
    apr_bucket* bucket = APR_BRIGADE_FIRST(records_);
    if (APR_BUCKET_IS_EOS(bucket)) {
      end_.end_input();
      return APR_EOF;
    }
    const char* bytes = nullptr;
    apr_size_t size = 0;
    const apr_status_t status = apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ);
    if (status != APR_SUCCESS) return status;
    if (size != 0) {
      end_.feed({reinterpret_cast<const Byte*>(bytes), size});
      front_is_fed_ = true;
      return APR_SUCCESS;
    }
    apr_bucket_delete(bucket);
  }
  return APR_INCOMPLETE;
}

apr_status_t Transport::feed(apr_read_type_e block) {
  if (block == APR_BLOCK_READ && read_deadline_) return feed(*read_deadline_);
  drop_used_bucket();
  for (;;) {
    const apr_status_t fed = feed_next_bucket();
    if (fed != APR_INCOMPLETE) return fed;
    const apr_status_t got = read_below(block);
    if (APR_STATUS_IS_EOF(got)) {
      end_.end_input();
      return APR_EOF;
    }
    if (got != APR_SUCCESS) return got;
  }
}

apr_status_t Transport::feed(Instant deadline) {
  for (;;) {
    const apr_status_t fed = feed(APR_NONBLOCK_READ);
    if (!APR_STATUS_IS_EAGAIN(fed)) return fed;
    const apr_status_t ready = wait_for_socket(POLLIN, deadline);
    if (ready != APR_SUCCESS) return ready;
  }
}

void Transport::let_go_of_used_records() noexcept {
  if (end_.unread().empty()) drop_used_bucket();
}

bool Transport::is_drained() const noexcept {
  return is_drained_ && end_.unread().empty() && !has_more_records();
}

/// True if feed() would find something without asking the filter below.
bool Transport::has_more_records() const noexcept {
  if (!front_is_fed_) return !APR_BRIGADE_EMPTY(records_);
  return APR_BRIGADE_FIRST(records_) != APR_BRIGADE_LAST(records_);
}

void Transport::place_behind_records(apr_bucket* bucket) {
  const std::size_t before = end_.out().size();
  if (before > (places_.empty() ? 0 : places_.back().records_before)) {
    places_.push_back({bucket, before});
  }
  APR_BRIGADE_INSERT_TAIL(outgoing_, bucket);
}

/// Between the buckets of outgoing_, each part before the bucket that was placed behind it.
void Transport::insert_records(ByteView records) {
  const auto part_up_to = [&](std::size_t end, std::size_t begin) {
    return apr_bucket_transient_create(reinterpret_cast<const char*>(records.data() + begin),
                                       end - begin, connection_.bucket_alloc);
  };
  std::size_t done = 0;
  for (const auto& place : places_) {
    APR_BUCKET_INSERT_BEFORE(place.bucket, part_up_to(place.records_before, done));
    done = place.records_before;
  }
  if (done != records.size()) {
    APR_BRIGADE_INSERT_TAIL(outgoing_, part_up_to(records.size(), done));
  }
  places_.clear();
}

apr_status_t Transport::pass() {
  const ByteView records = end_.out().view();
  insert_records(records);
  if (APR_BRIGADE_EMPTY(outgoing_)) return APR_SUCCESS;
  const apr_status_t status = ap_pass_brigade(output_filter_->next, outgoing_);
  apr_brigade_cleanup(outgoing_);
  end_.out().consume(records.size());
  unhurried_bytes_ = 0;
  return status;
}

apr_status_t Transport::flush() {
  place_behind_records(apr_bucket_flush_create(connection_.bucket_alloc));
  return pass();
}

apr_status_t Transport::flush(Instant deadline) {
  for (;;) {
    const apr_status_t sent = push();
    if (!APR_STATUS_IS_EAGAIN(sent)) return sent;
    const apr_status_t ready = wait_for_socket(POLLOUT, deadline);
    if (ready != APR_SUCCESS) return ready;
  }
}

apr_status_t Transport::push() {
  if (const apr_status_t status = pass(); status != APR_SUCCESS) return status;
  // The core's filter keeps small writes to itself until it is called without a brigade, as
  // the MPM does when it completes a write.
  ap_filter_t* last = output_filter_;
  while (last->next != nullptr) last = last->next;
  const apr_status_t status = last->frec->filter_func.out_func(last, nullptr);
  if (status != APR_SUCCESS) return status;
  return connection_.data_in_output_filters != 0 ? APR_EAGAIN : APR_SUCCESS;
}

void Transport::push_to_socket() noexcept {
  const ByteView records = end_.out().view();
  if (records.empty() || connection_.data_in_output_filters != 0) return;
  (void)send(descriptor(), records.data(), records.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

apr_status_t Transport::pass_plaintext(apr_bucket_brigade& brigade) {
  return ap_pass_brigade(output_filter_->next, &brigade);
}

apr_status_t Transport::wait_for_socket(short what, Instant deadline) noexcept {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  auto left = deadline - clock_.steady();
  apr_interval_time_t timeout = -1;
  (void)apr_socket_timeout_get(ap_get_conn_socket(&connection_), &timeout);
  if (timeout >= 0) left = std::min<Instant::duration>(left, microseconds(timeout));
  if (left <= Instant::duration::zero()) return APR_TIMEUP;
  // Rounded up: the last part of a millisecond is no reason to look again and again.
  const auto bound = std::chrono::ceil<milliseconds>(left).count();
  constexpr milliseconds::rep kMost = std::numeric_limits<int>::max();
  return wait_for_socket(what, static_cast<int>(std::min(bound, kMost)));
}

apr_status_t Transport::wait_for_socket(short what, int milliseconds) noexcept {
  pollfd socket{descriptor(), what, 0};
  const int ready = poll(&socket, 1, milliseconds);
  if (ready < 0 && errno != EINTR) return apr_get_os_error();
  return ready == 0 ? APR_TIMEUP : APR_SUCCESS;  // whoever was interrupted looks again
}

void Transport::stop_reading() noexcept {
  // A socket shut down for reading polls readable: the MPM calls process_connection, and a thread
  // that waits for bytes finds the end of them.
  (void)apr_socket_shutdown(ap_get_conn_socket(&connection_), APR_SHUTDOWN_READ);
}

void Transport::stop() noexcept {
  (void)apr_socket_shutdown(ap_get_conn_socket(&connection_), APR_SHUTDOWN_READWRITE);
}

apr_os_sock_t Transport::descriptor() const noexcept {
  apr_os_sock_t descriptor = -1;
  (void)apr_os_sock_get(&descriptor, ap_get_conn_socket(&connection_));
  return descriptor;
}

ByteView Transport::peer_address() const noexcept {
  const apr_sockaddr_t& address = *connection_.client_addr;
  return {static_cast<const Byte*>(address.ipaddr_ptr),
          static_cast<std::size_t>(address.ipaddr_len)};
}

}  // namespace tlsplus
