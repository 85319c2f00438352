// SPDX-License-Identifier: Apache-2.0
//
// FirstHello: what a client sends first, collected until it is a ClientHello or is known to be
// something else. There is no SSL yet, which is made by what the hello says.
#pragma once

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/tls/client_hello.h"

namespace tlsplus {

class FirstHello {
 public:
  /// More of the stream; as long as the state is incomplete. On complete, `hello` is filled; its
  /// views point into `bytes` or into this and are good until forget_body().
  HelloState add(ByteView bytes, ClientHello& hello);
  /// What came after that: a plain HTTP request may go on.
  void go_on(ByteView bytes);

  /// All of the stream when it was incomplete no longer. Good until forget_stream().
  [[nodiscard]] ByteView stream() const noexcept { return stream_; }
  /// Part of a hello came.
  [[nodiscard]] bool is_begun() const noexcept { return !collected_.empty(); }
  /// The hello without its header; empty: it could not be read, or it was forgotten.
  [[nodiscard]] ByteView body() const noexcept { return body_; }
  /// A copy of what may be a plain HTTP request, at most kMostPlainRequest bytes of it.
  [[nodiscard]] ByteView plain_request() const noexcept { return maybe_http_.view(); }
  /// The beginning of what is no ClientHello; else empty.
  [[nodiscard]] ByteView first_bytes() const noexcept { return first_bytes_; }

  void forget_body() noexcept;
  /// OpenSSL has read it all.
  void forget_stream() noexcept;

 private:
  void keep_plain_request(ByteView bytes);

  ByteQueue collected_;   // a hello that came in pieces
  Bytes scratch_;         // put together of several records
  ByteView stream_;       // what add() was given last, or all that it has collected
  ByteView body_;         // in one of them
  ByteQueue maybe_http_;  // for a look at it, when OpenSSL has seen that it is no TLS
  Bytes first_bytes_;     // for the log
};

}  // namespace tlsplus
