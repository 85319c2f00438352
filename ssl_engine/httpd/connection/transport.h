// SPDX-License-Identifier: Apache-2.0
//
// Transport: the records of one connection, from the filters below ours into its end and from there
// back to them. No plaintext passes here, and nothing here knows which kind of end it serves.
//
// A bucket that was read from below stays until OpenSSL has used it up, so that its bytes are read
// in place; what is on its way down keeps its order with the buckets that are no data.
#pragma once

#include <optional>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/connection/tls_end.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Belongs to the connection's thread, but for stop() and stop_reading().
class Transport {
 public:
  /// All must outlive it.
  Transport(conn_rec& connection, TlsEnd& end, const Clock& clock) noexcept
      : connection_(connection), end_(end), clock_(clock) {}
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Our places in the chains: records are read and written below them. Before anything else.
  void stand_at(ap_filter_t& input, ap_filter_t& output);

  // ---- up

  /// Feeds the next piece of what was read from below, reading more if there is none. Asks the
  /// filter below for all it has, once. APR_SUCCESS: something was fed. APR_EAGAIN: nothing there
  /// (non-blocking only). APR_EOF: the end was told to the connection. Anything else: the transport
  /// failed.
  apr_status_t feed(apr_read_type_e block);
  /// The same, waiting at most until `deadline`. APR_TIMEUP: it came.
  apr_status_t feed(Instant deadline);
  /// Until then feed(APR_BLOCK_READ) waits; nullopt: as long as the filters below.
  void read_until(std::optional<Instant> deadline) noexcept { read_deadline_ = deadline; }
  /// True if everything that was read is used up, and the last read took all there was: what comes
  /// next, the socket will tell.
  [[nodiscard]] bool is_drained() const noexcept;
  /// Gives back what was read from below and is used up. httpd reads 8,000 bytes at a time, however
  /// few there are.
  void let_go_of_used_records() noexcept;

  // ---- down

  /// Puts `bucket`, which is in no brigade, behind the records made so far.
  void place_behind_records(apr_bucket* bucket);
  /// Hands all records and what was placed among them down the chain, in the order in which they
  /// were made.
  apr_status_t pass();
  /// Records now, with a FLUSH behind them: returns when the kernel has them, or an error.
  apr_status_t flush();
  /// The same, waiting at most until `deadline`. APR_TIMEUP: it came.
  apr_status_t flush(Instant deadline);
  /// Records now, as far as they go without waiting. APR_EAGAIN: some are left in the filters.
  apr_status_t push();
  /// What lies in out() now may wait until something else takes it along.
  void let_records_wait() noexcept { unhurried_bytes_ = end_.out().size(); }
  /// True if there are others than those.
  [[nodiscard]] bool has_urgent_records() const noexcept {
    return end_.out().size() > unhurried_bytes_;
  }
  /// The same past the filters, when they are not to be used any more: what the socket takes.
  void push_to_socket() noexcept;
  /// For an end that turned out to speak plain HTTP.
  apr_status_t pass_plaintext(apr_bucket_brigade& brigade);

  // ---- the socket

  /// Waits until the socket can be read (POLLIN) or written (POLLOUT), at most until `deadline`,
  /// and not longer than httpd's Timeout. APR_SUCCESS, APR_TIMEUP, or an error of the system's.
  apr_status_t wait_for_socket(short what, Instant deadline) noexcept;
  /// The same for so many milliseconds.
  apr_status_t wait_for_socket(short what, int milliseconds) noexcept;
  /// Ends the waiting for the peer's bytes, from any thread.
  void stop_reading() noexcept;
  /// The same for the peer's bytes and for room to write.
  void stop() noexcept;
  [[nodiscard]] apr_os_sock_t descriptor() const noexcept;
  /// In network order: 4 octets, or 16.
  [[nodiscard]] ByteView peer_address() const noexcept;

 private:
  struct Place {
    apr_bucket* bucket;          // of outgoing_, the first with these records before it
    std::size_t records_before;  // bytes of out()
  };

  apr_status_t read_below(apr_read_type_e block);
  apr_status_t feed_next_bucket();
  void drop_used_bucket() noexcept;
  [[nodiscard]] bool has_more_records() const noexcept;
  void insert_records(ByteView records);

  conn_rec& connection_;
  TlsEnd& end_;
  const Clock& clock_;
  ap_filter_t* input_filter_ = nullptr;
  ap_filter_t* output_filter_ = nullptr;
  apr_bucket_brigade* records_ = nullptr;   // from the filters below, not yet decrypted
  apr_bucket_brigade* outgoing_ = nullptr;  // for the filters below; empty between calls
  std::vector<Place> places_;               // in the order of outgoing_
  std::size_t unhurried_bytes_ = 0;         // of out(), at its front
  std::optional<Instant> read_deadline_;
  bool front_is_fed_ = false;  // the first bucket of records_ only keeps its bytes in memory
  bool is_drained_ = false;    // the last read from below took all there was
};

}  // namespace tlsplus
