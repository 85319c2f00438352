// SPDX-License-Identifier: Apache-2.0
//
// Reauthentication: asks the client of a connection that is up for its certificate, by other rules
// than those it has met, or for other ciphers. Up to TLS 1.2 that is a renegotiation (RFC 5246
// 7.4.1.1), in TLS 1.3 an authentication after the handshake (RFC 8446 4.6.2). Whether to ask is
// decided in reauthentication_rules.h.
#pragma once

#include <cstdint>
#include <memory>

#include "ssl_engine/connection/reauthentication_rules.h"
#include "ssl_engine/connection/resumption.h"
#include "ssl_engine/connection/tls_end.h"
#include "ssl_engine/openssl/tls/renegotiation.h"
#include "ssl_engine/settings/policy.h"
#include "ssl_engine/trust/verifier.h"

namespace tlsplus {

enum class ReauthenticationSupport : std::uint8_t {
  yes,
  no_post_handshake_auth,   // TLS 1.3, not offered in the ClientHello (RFC 8446 4.2.6)
  no_secure_renegotiation,  // up to TLS 1.2 (RFC 5746)
};

/// Belongs to its connection's thread. Everything but note_hello() only when established.
class Reauthentication {
 public:
  /// Of the connection `end`, whose chains `verifier` judges. All must outlive this.
  Reauthentication(const TlsEnd& end, const TlsStream& stream, Verifier& verifier,
                   Resumption& resumption) noexcept
      : end_(end), stream_(stream), verifier_(verifier), resumption_(resumption) {}

  /// While OpenSSL looks at a ClientHello to a host with `policy`.
  void note_hello(SSL& ssl, const Policy& policy) noexcept;
  /// Whether the client can be asked, and if not why.
  [[nodiscard]] ReauthenticationSupport support() const noexcept;

  /// What was asked of the client so far, and what came of it.
  [[nodiscard]] Shown shown() const noexcept;
  /// Holds the certificate that the client has shown against other rules, without asking anybody.
  /// Changes nothing, so that any thread may call it while none asks.
  [[nodiscard]] bool would_pass(const VerifyRules& rules, const TrustStore* trust) const;

  /// Puts the question into the connection's out(). Then feed() and decrypt() until is_answered(),
  /// or a failure, or until nobody waits any more; then finish(). False: the error queue says why.
  bool begin(const VerifyRules& rules, std::shared_ptr<const TrustStore> trust);
  [[nodiscard]] bool is_answered() const noexcept;
  /// No handshake is under way, so that plaintext can be sent.
  [[nodiscard]] bool is_at_rest() const noexcept;
  /// True if the answer is good by the rules it was asked by. Without an answer what was known of
  /// the client before stays in force.
  bool finish() noexcept;

 private:
  const TlsEnd& end_;
  const TlsStream& stream_;
  Verifier& verifier_;
  Resumption& resumption_;
  FinishedMark finished_before_;
  Verifier verifier_before_;
  // Those that the two verifiers judge by, should they be no longer those of the connection's host.
  std::shared_ptr<const TrustStore> trust_;
  std::shared_ptr<const TrustStore> trust_before_;
  bool offers_post_handshake_auth_ = false;
  bool allows_insecure_renegotiation_ = false;
};

}  // namespace tlsplus
