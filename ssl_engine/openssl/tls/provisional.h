// SPDX-License-Identifier: Apache-2.0
//
// Provisional: a client whose certificate OpenSSL was told to accept while somebody else is still
// asked about it. OpenSSL 3 cannot stop in the middle of verifying a client
// (SSL_set_retry_verify(3) is for the other end). So it is kept from going on instead: it gets no
// more of what the client sends, and with that neither the client's proof that the key is its own
// nor its Finished. Only a client that puts all that into one record of TLS 1.3 gets to the end of
// its handshake; there is no ticket then, no plaintext is read, and the result of verification says
// that nothing is proved.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ssl_engine/openssl/tls/tls_stream.h"
#include "ssl_engine/openssl/tls/verify_callback.h"

namespace tlsplus {

/// False where OpenSSL reads ahead, as another module may have told it to: what it has in its own
/// buffer nobody can keep from it.
bool can_hold_back(const SSL& ssl) noexcept;

/// Belongs to the connection's thread, as does its stream, which must outlive it.
class Provisional {
 public:
  /// Inside of the verify callback that accepts.
  explicit Provisional(TlsStream& stream) noexcept;
  Provisional(const Provisional&) = delete;
  Provisional& operator=(const Provisional&) = delete;
  ~Provisional() = default;

  /// OpenSSL is back. From here on whoever looks sees a client that is not verified. False: what is
  /// held back has gone by; the connection is to end, and nothing of out() may be sent.
  [[nodiscard]] bool begin(StreamStatus status);

  /// As if nothing had been held back. Then handshake() goes on.
  void accept() noexcept;

  /// `verdict` is what the verify callback would have returned. True: the alert lies in out(), the
  /// connection is at its end. False: in TLS 1.3 alerts are under keys that OpenSSL has, and it
  /// sends them for a reason of its own; go on with finish_refusal() as the client's messages come.
  [[nodiscard]] bool refuse(ChainVerdict verdict);
  /// want_read: the client has not sent all. Anything else: the alert lies in out(), if there could
  /// be one, and the connection is at its end.
  StreamStatus finish_refusal() noexcept;
  /// SSL_AD_*, of refuse().
  [[nodiscard]] int alert() const noexcept { return alert_; }

 private:
  TlsStream& stream_;
  const std::size_t written_;  // at the beginning
  std::size_t tickets_ = 0;
  long result_ = 0;  // of verification
  int alert_ = 0;
  bool is_complete_ = false;
};

}  // namespace tlsplus
