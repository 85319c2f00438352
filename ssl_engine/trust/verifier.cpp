// SPDX-License-Identifier: Apache-2.0
//
// Verifier::judge(): one certificate after the other. The order matters: a chain that is too deep
// is refused even where its issuer may be unknown.
#include "ssl_engine/trust/verifier.h"

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostShown = 100;  // octets of a name or number that a peer made up

std::string cut(std::string shown) {
  return tlsplus::cut(std::move(shown), kMostShown);
}

}  // namespace

ChainVerdict Verifier::judge(const ChainStep& step) {
  if (step.depth > rules_.depth) {
    return refuse(step, ChainVerdict::refuse_too_deep,
                  text("chain too long: a certificate at depth ", step.depth, ", ",
                       rules_.depth_directive, " allows ", rules_.depth));
  }
  switch (step.fault) {
    case ChainStep::Fault::none:
      return ChainVerdict::accept;
    case ChainStep::Fault::issuer_unknown:
      if (rules_.mode != VerifyMode::optional_no_ca) break;
      lenient_ = true;
      return ChainVerdict::accept;
    case ChainStep::Fault::crl_missing:
      if (!rules_.missing_crl_is_fine) break;
      // What was forgiven before must stay noted: the session keeps the result, and who comes back
      // with it would be taken for verified.
      return lenient_ ? ChainVerdict::accept : ChainVerdict::accept_and_clear;
    case ChainStep::Fault::crl_expired:
      return refuse(step, ChainVerdict::refuse_obsolete,
                    "the revocation list of its issuer has expired, a new one is needed");
    case ChainStep::Fault::other:
      break;
  }
  return refuse(step, ChainVerdict::refuse, std::string(step.reason));
}

bool Verifier::accepts_peer(const SSL& ssl) const noexcept {
  if (peer_certificate(ssl) == nullptr) return rules_.mode != VerifyMode::require;
  // A resumed session brings the result of its first verification.
  return is_verified(ssl) || rules_.mode == VerifyMode::optional_no_ca ||
         rules_.mode == VerifyMode::none;
}

ChainVerdict Verifier::refuse(const ChainStep& step, ChainVerdict verdict, std::string reason) {
  // OpenSSL goes on to smaller faults of the same chain; the first is the cause.
  if (!refusal_.empty()) return verdict;
  refusal_ = std::move(reason);
  if (step.certificate == nullptr) {
    refusal_ += text(" (depth ", step.depth, ")");
    return verdict;
  }
  const X509& certificate = *step.certificate;
  refusal_ +=
      text("; certificate \"", cut(subject_of(certificate)), "\" at depth ", step.depth,
           ", serial ", cut(serial_of(certificate)), ", valid ",
           date_text(not_before_of(certificate)), " to ", date_text(not_after_of(certificate)),
           "; its CA, looked for: \"", cut(issuer_of(certificate)), '"');
  return verdict;
}

}  // namespace tlsplus
