// SPDX-License-Identifier: Apache-2.0
//
// Outbound, plaintext on its way out: what is worth a record of its own, and what waits for
// company. A record costs an encryption's set-up and 22 bytes or more, so small pieces are gathered
// until somebody asks for a flush or a record is full.
#pragma once

#include <cstddef>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/connection/tls_end.h"

namespace tlsplus {

class Outbound {
 public:
  explicit Outbound(TlsEnd& end) noexcept : end_(end) {}

  /// Takes `plaintext`, encrypting whatever makes full records. False if the connection failed.
  bool write(ByteView plaintext);
  /// What is missing to a full record, for whoever can put plaintext there without a copy; commit()
  /// says how much it was, and encrypts a record that is full. False if the connection failed.
  MutableByteView room();
  bool commit(std::size_t used);
  /// Encrypts what was gathered. False if the connection failed.
  bool flush();

  /// Plaintext that waits for company.
  [[nodiscard]] std::size_t gathered_bytes() const noexcept { return gathered_.size(); }
  void release_buffers() noexcept { gathered_.release_if_empty(); }

 private:
  [[nodiscard]] std::size_t record_bytes() const noexcept;
  bool encrypt(ByteView plaintext);

  TlsEnd& end_;
  ByteQueue gathered_;
  std::size_t sent_bytes_ = 0;  // plaintext so far; saturates at kRampBytes
};

}  // namespace tlsplus
