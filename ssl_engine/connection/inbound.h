// SPDX-License-Identifier: Apache-2.0
//
// Inbound: plaintext waiting for httpd, in the ways httpd asks for it: some bytes, a line, a peek.
// It holds at most one record's worth and hands out views of its own memory, so nothing is copied
// between OpenSSL and the bucket.
#pragma once

#include <cstddef>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/connection/tls_end.h"

namespace tlsplus {

class Inbound {
 public:
  explicit Inbound(TlsEnd& end) noexcept : end_(end) {}

  [[nodiscard]] bool empty() const noexcept { return plain_.empty(); }

  /// Decrypts more if there are whole records at hand and room. done: something was added.
  StreamStatus fill();

  /// Plaintext that did not come from the end: an end that speaks plain HTTP has no other.
  void put(ByteView plaintext) { plain_.append(plaintext); }

  /// At most `limit` bytes from the front; stays in place. The view is good until take().
  [[nodiscard]] ByteView peek(std::size_t limit) const noexcept;
  /// The front line with its LF, or all there is (at most `limit`) if no LF is in it; `whole`
  /// says which.
  [[nodiscard]] ByteView line(std::size_t limit, bool& whole) const noexcept;
  /// Drops `count` bytes at the front. Views stay readable until the next fill().
  void take(std::size_t count) noexcept { plain_.consume(count); }

  /// Gives the memory back if nothing waits.
  void release_buffers() noexcept { plain_.release_if_empty(); }

 private:
  TlsEnd& end_;
  ByteQueue plain_;
};

}  // namespace tlsplus
