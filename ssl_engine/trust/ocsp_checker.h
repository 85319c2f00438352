// SPDX-License-Identifier: Apache-2.0
//
// OcspChecker: whoever knows what responders say about a client's certificate; the verifier asks
// it, and does not know of networks and caches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/http.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/settings/client_ocsp.h"

namespace tlsplus {

/// How a host asks, with what its settings name. Immutable; shared by hosts that say the same.
struct ClientOcsp {
  ClientOcspRules rules;
  std::optional<HttpUrl> default_responder;  // nullopt: none, or one that cannot be used
  std::optional<Endpoint> proxy;
  std::vector<Cert> pinned;     // SSLOCSPResponderCertificateFile
  Fingerprint pinned_digest{};  // of these
};

enum class OcspOutcome : std::uint8_t {
  good,
  revoked,
  unknown,      // the responder does not know the certificate
  no_source,    // nobody can be asked
  unreachable,  // no answer
  stale,        // an answer of another time
  unusable      // an answer that is not to be believed
};

struct OcspFinding {
  OcspOutcome outcome = OcspOutcome::unreachable;
  std::string words;  // the evidence, for a log; escaped. Empty if it is good
};

/// True if a client passes with that: it is good, or nobody could be asked and the rules forgive
/// it.
inline bool is_let_pass(const OcspFinding& found, const ClientOcsp& how) noexcept {
  return found.outcome == OcspOutcome::good ||
         (found.outcome == OcspOutcome::no_source && how.rules.check.missing_is_fine);
}

/// Threads: every member may be called by any thread at any time.
class OcspChecker {
 public:
  OcspChecker() = default;
  OcspChecker(const OcspChecker&) = delete;
  OcspChecker& operator=(const OcspChecker&) = delete;
  virtual ~OcspChecker() = default;

  /// Asks if it has to, and waits for the answer, but not beyond the deadline.
  virtual OcspFinding check(X509& certificate, X509& issuer, const ClientOcsp& how,
                            Instant deadline) = 0;
  /// Asks nobody: what check() would find at once; nullopt: somebody has to be asked.
  virtual std::optional<OcspFinding> at_hand(X509& certificate, X509& issuer,
                                             const ClientOcsp& how) = 0;
  /// A client begins to wait for another one's question,
  virtual void count_joined() noexcept = 0;
  /// and this is what comes of it.
  virtual void count_shared(OcspOutcome found) noexcept = 0;
  /// Asks nobody: true if an answer is at hand that says good, or if nobody would be asked and that
  /// is fine.
  virtual bool is_known_good(X509& certificate, X509& issuer, const ClientOcsp& how) = 0;
  /// A client was let in though nobody could be asked.
  virtual void count_forgiven() noexcept = 0;
};

}  // namespace tlsplus
