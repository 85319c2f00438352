// SPDX-License-Identifier: Apache-2.0
//
// TlsEnd: one end of a TLS connection, the server's or the client's, to whoever carries its bytes.
//
// Filters and transport know this and nothing else, so that a connection to a backend passes
// through the same code as one from a browser. An end has no socket and never waits: records go in,
// records and plaintext come out. What its kind alone knows, as hosts and a ClientHello at the
// server's end or the name that a backend must show at the client's, is asked of its own class.
//
//   in    feed(records), then advance() until established, then decrypt() until it says want_read
//   out   encrypt(plaintext); then take what lies in out()
//   end   end_input() when the peer is gone; send_close_notify() or close_quietly() when we go
#pragma once

#include <cstdint>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/error.h"
#include "ssl_engine/openssl/tls/tls_stream.h"

namespace tlsplus {

/// Moves forward only. plain_http is the server's end alone.
enum class Phase : std::uint8_t {
  hello,        // nothing decided; the peer's first message is still coming
  handshake,    // after it, and before the peer's Finished
  established,  // plaintext flows
  plain_http,   // an HTTP request arrived where a ClientHello belongs
  failed        // an alert may lie in out(); nothing more is read
};

/// Belongs to one thread at a time, but for phase(). Must not move.
class TlsEnd {
 public:
  TlsEnd() = default;
  TlsEnd(const TlsEnd&) = delete;
  TlsEnd& operator=(const TlsEnd&) = delete;
  virtual ~TlsEnd() = default;

  /// True of the client's end: nothing comes before its hello has left.
  [[nodiscard]] virtual bool speaks_first() const noexcept = 0;
  /// Any thread.
  [[nodiscard]] virtual Phase phase() const noexcept = 0;

  /// More bytes from the peer, cut anywhere. Only while unread() is empty. They stay the caller's,
  /// who keeps them until unread() is empty again and the next advance() or decrypt() is over.
  virtual void feed(ByteView records) = 0;
  /// What of them was not looked at yet.
  [[nodiscard]] virtual ByteView unread() const noexcept = 0;
  /// The peer will send nothing more. In the middle of a handshake the next advance() fails.
  virtual void end_input() noexcept = 0;

  /// Goes on with the handshake as far as what was fed allows; phase() says where that is. Returns
  /// true while more is needed to go on. Does nothing once the handshake is over.
  virtual bool advance() = 0;

  /// The handshake waits for somebody who is neither the peer nor whoever carries the bytes.
  /// advance() does nothing meanwhile, and out() is empty.
  [[nodiscard]] virtual bool awaits_verdict() const noexcept { return false; }
  /// Until it does not: for who has a thread.
  virtual void wait_for_verdict() noexcept {}
  /// Nobody waits any longer, and why; the next advance() goes on without the answer.
  virtual void end_waiting([[maybe_unused]] std::string_view why) noexcept {}

  /// Records to send, in their order, alerts included. Whoever sends them consumes them; they move
  /// whenever this end makes more.
  virtual ByteQueue& out() noexcept = 0;
  /// True if what lies in out() must leave before the peer will say anything. False only when that
  /// can wait for what is sent next: the tickets of TLS 1.3 (RFC 8446 4.6.1), or a client's
  /// last flight, which its first request takes along.
  [[nodiscard]] virtual bool must_flush_now() const noexcept = 0;

  /// Plaintext of what was fed, into `into` (16,384 bytes take any record); `count` is how much of
  /// it. Only when established. Whatever has to be answered lies in out().
  ///
  /// done       count is not 0
  /// want_read  everything is used up but perhaps a part of a record: feed() more
  /// closed     close_notify came; the other direction stays open
  /// cut_off    end_input() without close_notify: what came before may not be all
  /// failed     phase() and failure() say so, too; the alert lies in out()
  virtual StreamStatus decrypt(MutableByteView into, std::size_t& count) = 0;
  /// After want_read: the peer has begun a record, of which nobody can tell yet what it is.
  [[nodiscard]] virtual bool is_in_record() const noexcept = 0;
  /// False while the peer has begun another handshake (RFC 5246 7.4.1.1): go on reading first. Only
  /// when established.
  [[nodiscard]] virtual bool may_encrypt() const noexcept = 0;
  /// All of `bytes` as records into out(), each of at most `record_bytes` of them (1 to 16,384).
  /// Only when established. done or failed.
  virtual StreamStatus encrypt(ByteView bytes, std::size_t record_bytes) = 0;

  /// Puts close_notify (RFC 8446 6.1) into out() if one is still due; nothing is encrypted after
  /// it.
  virtual void send_close_notify() noexcept = 0;
  /// There will be none: the peer is to see that something is missing. Both do nothing unless
  /// established.
  virtual void close_quietly() noexcept = 0;
  /// True after either.
  [[nodiscard]] virtual bool close_notify_sent() const noexcept = 0;

  /// Gives memory back that is made again when it is needed; for when the peer is waited for.
  virtual void release_buffers() noexcept = 0;

  /// Why it failed: reason, alerts, the name that was asked for. In Phase::failed only.
  [[nodiscard]] virtual Error failure() const = 0;
};

}  // namespace tlsplus
