// SPDX-License-Identifier: Apache-2.0
//
// The output filter, a brigade downwards: data becomes records, everything else keeps its place
// among them. One pass down the chain carries as many records as there are, because each pass may
// be a system call: the response, its end and the close_notify of a connection that ends leave
// together.
//
// Nothing is kept between two calls. Where small writes wait for company is the core's filter: it
// says so in data_in_output_filters, and the MPM and mod_proxy's tunnels, which write without a
// FLUSH, know how to make it write. Nobody would look here.
#include "ssl_engine/httpd/connection/output_filter.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/status_text.h"
#include "ssl_engine/httpd/connection/handshake_driver.h"
#include "ssl_engine/httpd/connection/tls_channel.h"

namespace tlsplus {
namespace {

// Enough that a write costs little per byte. The core waits for the client when it holds more than
// 64 KiB (THRESHOLD_MAX_BUFFER), so that with less than that in one pass it would copy the rest of
// it and ask for another; with more, a slow reader costs more.
constexpr std::size_t kPassBytes = std::size_t{64} * 1024;
// Once it has waited for the client it may as well wait for a little less.
constexpr std::size_t kNextPassBytes = std::size_t{48} * 1024;
// Of a large bucket, at a time: so many records are made before it is seen whether they make a
// pass.
constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;
// The core's filter keeps less than this to itself as well (THRESHOLD_MIN_WRITE).
constexpr std::size_t kWorthSendingBytes = 4096;

/// True if its bytes are in the file and nowhere else.
bool is_unbuffered_file(const apr_bucket& bucket) noexcept {
  return APR_BUCKET_IS_FILE(&bucket) &&
         (apr_file_flags_get(static_cast<const apr_bucket_file*>(bucket.data)->fd) &
          APR_FOPEN_BUFFERED) == 0;
}

/// One call of the filter.
class Pass {
 public:
  Pass(TlsChannel& channel, apr_bucket_brigade& brigade) noexcept
      : channel_(channel), brigade_(brigade) {}

  apr_status_t run() {
    while (!APR_BRIGADE_EMPTY(&brigade_)) {
      apr_bucket* bucket = APR_BRIGADE_FIRST(&brigade_);
      const apr_status_t status =
          APR_BUCKET_IS_METADATA(bucket) ? take_metadata(bucket) : take_data(bucket);
      if (status != APR_SUCCESS) return status;
    }
    if (waits_for_end_of_request_) return APR_SUCCESS;
    if (!channel_.outbound.flush()) return broken();
    // The core's filter holds something already: this client is slow.
    if (channel_.connection().data_in_output_filters != 0) give_back_what_makes_records();
    return channel_.transport.pass();
  }

 private:
  apr_status_t take_metadata(apr_bucket* bucket) {
    if (AP_BUCKET_IS_EOC(bucket)) return take_end_of_connection(bucket);
    if (AP_BUCKET_IS_ERROR(bucket)) channel_.answers.cut();
    if (APR_BUCKET_IS_EOS(bucket)) channel_.answers.come_to_end();
    const bool ends_request = AP_BUCKET_IS_EOR(bucket) != 0;
    if (ends_request) {
      std::string shortcoming = channel_.answers.finish();
      if (!shortcoming.empty()) return break_off(std::move(shortcoming));
    }
    waits_for_end_of_request_ = APR_BUCKET_IS_EOS(bucket) && is_small_last_answer();
    if (waits_for_end_of_request_) {
      apr_bucket_delete(bucket);  // EOS means nothing below the protocol
      return APR_SUCCESS;
    }
    if (!channel_.outbound.flush()) return broken();
    if (ends_request && channel_.connection().keepalive == AP_CONN_CLOSE && may_say_goodbye()) {
      channel_.end().send_close_notify();
    }
    return keep_in_place(bucket);
  }

  /// One that its end, which httpd sends when the handler is back, takes along with close_notify.
  /// The core's filter would not write so little before that either.
  bool is_small_last_answer() const noexcept {
    return channel_.answers.are_given() && channel_.connection().keepalive == AP_CONN_CLOSE &&
           channel_.end().out().size() + channel_.outbound.gathered_bytes() < kWorthSendingBytes;
  }

  bool may_say_goodbye() const noexcept {
    return !channel_.is_aborted() && channel_.answers.allow_close_notify();
  }

  apr_status_t take_end_of_connection(apr_bucket* bucket) {
    if (!channel_.outbound.flush()) return broken();
    if (may_say_goodbye()) {
      channel_.end().send_close_notify();
    } else {
      channel_.end().close_quietly();
    }
    return keep_in_place(bucket);
  }

  /// Behind the records made so far.
  apr_status_t keep_in_place(apr_bucket* bucket) {
    APR_BUCKET_REMOVE(bucket);
    channel_.transport.place_behind_records(bucket);
    return APR_SUCCESS;
  }

  apr_status_t take_data(apr_bucket* bucket) {
    waits_for_end_of_request_ = false;
    if (is_unbuffered_file(*bucket)) return take_file(bucket);
    const char* bytes = nullptr;
    apr_size_t size = 0;
    apr_status_t status = apr_bucket_read(bucket, &bytes, &size, APR_NONBLOCK_READ);
    if (APR_STATUS_IS_EAGAIN(status)) {
      // A pipe that has nothing yet: what came before it must not wait for it.
      if (!channel_.outbound.flush()) return broken();
      give_back_what_makes_records();
      if (status = channel_.transport.flush(); status != APR_SUCCESS) return status;
      status = apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ);
    }
    if (status != APR_SUCCESS) return break_off(status_text(status));
    ByteView rest{reinterpret_cast<const Byte*>(bytes), size};
    expect(rest.size());
    while (!rest.empty()) {
      const ByteView piece = rest.first(std::min(rest.size(), kPieceBytes));
      rest = rest.subspan(piece.size());
      if (!channel_.outbound.write(piece)) return broken();
      if (status = pass_if_enough(); status != APR_SUCCESS) return status;
    }
    apr_bucket_delete(bucket);
    return APR_SUCCESS;
  }

  /// A file, read to where its records are made. Not mapped: for a small file that is two system
  /// calls less, in a process of many threads each mapping that goes interrupts every core the
  /// process runs on, and a file that is cut off while it is served ends the answer, not the child
  /// (SIGBUS). Nor read by its bucket, which seeks, and makes a buffer that a slow reader would
  /// cost as well.
  apr_status_t take_file(apr_bucket* bucket) {
    apr_os_file_t descriptor = -1;
    (void)apr_os_file_get(&descriptor, static_cast<const apr_bucket_file*>(bucket->data)->fd);
    expect(bucket->length);
    while (bucket->length != 0) {
      const MutableByteView room = channel_.outbound.room();
      const ssize_t size = pread(descriptor, room.data(), std::min(room.size(), bucket->length),
                                 static_cast<off_t>(bucket->start));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return break_off(status_text(size == 0 ? APR_EOF : apr_get_os_error()));
      const auto taken = static_cast<std::size_t>(size);
      if (!channel_.outbound.commit(taken)) return broken();
      bucket->start += static_cast<apr_off_t>(taken);
      bucket->length -= taken;
      if (const apr_status_t status = pass_if_enough(); status != APR_SUCCESS) return status;
    }
    apr_bucket_delete(bucket);
    return APR_SUCCESS;
  }

  /// Room for a whole pass at once, where there is enough for one: doubling what there is would
  /// leave as much behind again.
  void expect(std::size_t bytes) {
    ByteQueue& out = channel_.end().out();
    if (bytes >= kPassBytes && out.size() < kPassBytes) {
      (void)out.prepare(kPassBytes + kPieceBytes - out.size());
    }
  }

  /// The client may take its time; what is needed only to make records need not wait with it.
  void give_back_what_makes_records() noexcept {
    channel_.outbound.release_buffers();
    channel_.end().release_buffers();
  }

  apr_status_t pass_if_enough() {
    if (channel_.end().out().size() >= (has_passed_ ? kNextPassBytes : kPassBytes)) {
      give_back_what_makes_records();
      return std::exchange(has_passed_, true) ? channel_.transport.flush()
                                              : channel_.transport.pass();
    }
    return APR_SUCCESS;
  }

  /// The rest of what was promised cannot be had. Nothing else may come in its place, and the
  /// client must see that it has not got all: the connection ends without close_notify (RFC
  /// 8446 6.1).
  apr_status_t break_off(std::string why) {
    log_error(channel_.log(), diagnose(Tp::answer_broken_off, std::move(why)),
              channel_.owner().host_name());
    if (!channel_.outbound.flush()) return broken();
    (void)channel_.transport.pass();
    channel_.end().close_quietly();
    channel_.abort();
    return APR_ECONNABORTED;
  }

  apr_status_t broken() {
    channel_.log_failure();
    channel_.abort();
    return APR_ECONNABORTED;
  }

  TlsChannel& channel_;
  apr_bucket_brigade& brigade_;
  bool waits_for_end_of_request_ = false;
  bool has_passed_ = false;  // a whole pass, and more was to come
};

bool has_data(apr_bucket_brigade& brigade) noexcept {
  for (apr_bucket* bucket = APR_BRIGADE_FIRST(&brigade); bucket != APR_BRIGADE_SENTINEL(&brigade);
       bucket = APR_BUCKET_NEXT(bucket)) {
    if (!APR_BUCKET_IS_METADATA(bucket)) return true;
  }
  return false;
}

/// The peer has begun another handshake, which has to come to its end first; what it says in
/// between is kept. False: it did not.
bool finish_handshake_of_peer(TlsChannel& channel) {
  while (!channel.end().may_encrypt()) {
    const StreamStatus status = channel.inbound.fill();
    if (status == StreamStatus::done) continue;
    if (status != StreamStatus::want_read) {
      channel.log_failure();
      return false;
    }
    if (channel.transport.flush() != APR_SUCCESS) return false;
    // What was missing may be data alone, which comes when it has our request.
    if (channel.end().may_encrypt()) break;
    const apr_status_t fed = channel.transport.feed(APR_BLOCK_READ);
    if (fed != APR_SUCCESS && !APR_STATUS_IS_EOF(fed)) return false;
  }
  return true;
}

/// Who speaks first has nothing to read that would drive its handshake.
bool make_ready(TlsChannel& channel) {
  if (channel.is_in_handshake()) return drive_handshake(channel, APR_BLOCK_READ) == Progress::done;
  return channel.end().phase() != Phase::established || finish_handshake_of_peer(channel);
}

apr_status_t write(TlsChannel& channel, apr_bucket_brigade& brigade) {
  const bool is_refused = has_data(brigade) && !channel.owner().allows(TlsChannel::Use::write);
  if (channel.is_aborted() || is_refused) {
    apr_brigade_cleanup(&brigade);
    return APR_ECONNABORTED;
  }
  if (channel.end().speaks_first() && has_data(brigade) && !make_ready(channel)) {
    channel.abort();
    apr_brigade_cleanup(&brigade);
    return APR_ECONNABORTED;
  }
  switch (channel.end().phase()) {
    case Phase::established:
      return Pass(channel, brigade).run();
    case Phase::plain_http:
      return channel.transport.pass_plaintext(brigade);
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
      channel.transport.place_behind_records(bucket);
    } else {
      apr_bucket_delete(bucket);
    }
  }
  return channel.transport.pass();
}

}  // namespace

extern "C" apr_status_t tlsplus_output_filter(ap_filter_t* filter,
                                              apr_bucket_brigade* brigade) noexcept {
  auto& channel = *static_cast<TlsChannel*>(filter->ctx);
  if (brigade == nullptr) return APR_SUCCESS;
  return at_boundary(channel.log(), "output filter", apr_status_t{APR_EGENERAL},
                     [&] { return write(channel, *brigade); });
}

}  // namespace tlsplus
