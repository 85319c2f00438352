// SPDX-License-Identifier: Apache-2.0
//
// DeadlineBio: a BIO over a connected socket of ours in which every read and write waits, but all
// of them together no longer than to one moment, and no more comes in than is allowed. What
// OpenSSL does over it ends in time, whatever the other side does.
#pragma once

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/tcp.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// Must not move while its BIO lives. Belongs to one thread.
class DeadlineBio {
 public:
  /// `socket` stays the caller's.
  DeadlineBio(int socket, std::size_t most_in, Instant deadline) noexcept
      : socket_(socket), room_(most_in), deadline_(deadline) {}
  DeadlineBio(const DeadlineBio&) = delete;
  DeadlineBio& operator=(const DeadlineBio&) = delete;
  ~DeadlineBio() = default;

  /// A BIO over this object; null without memory.
  Bio open();

  /// Why the first read or write that failed did so.
  [[nodiscard]] Transfer outcome() const noexcept { return outcome_; }
  /// More would have come in than is allowed.
  [[nodiscard]] bool is_full() const noexcept { return room_ == 0; }

 private:
  friend struct DeadlineBioCallbacks;

  int socket_;
  std::size_t room_;
  Instant deadline_;
  Transfer outcome_ = Transfer::done;
  Handle<BIO_METHOD, BIO_meth_free> method_{};
};

}  // namespace tlsplus
