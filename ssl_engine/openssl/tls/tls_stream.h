// SPDX-License-Identifier: Apache-2.0
//
// TlsStream: one TLS connection over byte queues, of either end: an SSL, its BIO, and what can be
// done with them. Nothing here waits; want_read means "feed me more records". Whatever there is to
// send lies in out() afterwards, alerts included.
#pragma once

#include <cstdint>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/tls/callbacks.h"
#include "ssl_engine/openssl/tls/queue_bio.h"

namespace tlsplus {

enum class StreamStatus : std::uint8_t {
  done,       // the handshake is complete, or bytes were moved
  want_read,  // more records are needed
  closed,     // close_notify arrived (RFC 8446 6.1)
  cut_off,    // the transport ended without close_notify
  failed      // fatal; the error queue says why, an alert may lie in out()
};

enum class TlsRole : std::uint8_t { server, client };

/// Belongs to the connection's thread; must not move once open.
class TlsStream {
 public:
  /// Makes the SSL, to accept as a server or to connect as a client. `events` must outlive the
  /// stream; null where `context` has none of our callbacks.
  Status open(SSL_CTX& context, BIO_METHOD& method, TlsRole role, TlsEvents* events);
  [[nodiscard]] bool is_open() const noexcept { return ssl_ != nullptr; }
  /// Precondition: is_open().
  [[nodiscard]] SSL& ssl() const noexcept { return *ssl_; }

  void feed(ByteView records) noexcept { bio_.feed(records); }
  [[nodiscard]] ByteView unread() const noexcept { return bio_.unread(); }
  void end_input() noexcept { bio_.end_input(); }
  /// Between the two OpenSSL gets nothing more of what is fed. A record that it has already it
  /// takes to its end.
  void hold_input() noexcept { bio_.hold(); }
  void release_input() noexcept { bio_.release(); }
  /// What is unread() need not be kept by who has fed it.
  void keep_unread() {
    kept_.assign(unread().begin(), unread().end());
    feed(kept_);
  }
  ByteQueue& out() noexcept { return bio_.out(); }

  /// done, want_read, cut_off or failed.
  StreamStatus handshake() noexcept;

  /// Decrypts into `into`, one record or several, as long as whole records are at hand.
  /// `count` is what was written there; done if it is not 0.
  StreamStatus read(MutableByteView into, std::size_t& count) noexcept;

  /// Encrypts all of `bytes` to out(), in records of at most `record_bytes` plaintext. done or
  /// failed.
  StreamStatus write(ByteView bytes, std::size_t record_bytes) noexcept;

  /// A record has come in part, and the rest of it has not.
  [[nodiscard]] bool is_in_record() const noexcept;

  /// Puts close_notify into out(), once.
  void send_close_notify() noexcept;
  [[nodiscard]] bool close_notify_sent() const noexcept;
  /// No close_notify will be sent, and the session stays good (SSL_set_shutdown(3)).
  void close_quietly() noexcept;

  /// Gives OpenSSL's record buffers back; they are made again when needed. Does nothing while
  /// part of a record is held.
  void release_buffers() noexcept;

 private:
  StreamStatus status_after(int result) noexcept;

  QueueBio bio_;
  Ssl ssl_;  // after bio_: it holds the BIO that points there
  std::size_t record_bytes_ = 0;
  Bytes kept_;  // by keep_unread()
};

}  // namespace tlsplus
