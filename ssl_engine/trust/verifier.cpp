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

Tp message_of(OcspOutcome outcome) noexcept {
  switch (outcome) {
    case OcspOutcome::revoked:
      return Tp::client_ocsp_revoked;
    case OcspOutcome::unknown:
      return Tp::client_ocsp_unknown;
    case OcspOutcome::no_source:
      return Tp::client_ocsp_no_source;
    case OcspOutcome::stale:
      return Tp::client_ocsp_stale;
    case OcspOutcome::unusable:
      return Tp::client_ocsp_unusable;
    case OcspOutcome::good:
    case OcspOutcome::unreachable:
      break;
  }
  return Tp::client_ocsp_unreachable;
}

}  // namespace

ChainVerdict Verifier::judge(const ChainStep& step) {
  if (step.depth > rules_.depth) {
    ChainStep too_deep = step;
    too_deep.fault = ChainStep::Fault::too_deep;
    return refuse(too_deep, ChainVerdict::refuse_too_deep,
                  text("chain too long: a certificate at depth ", step.depth, ", ",
                       rules_.depth_directive, " allows ", rules_.depth));
  }
  switch (step.fault) {
    case ChainStep::Fault::none:
      // OpenSSL comes to the client's own certificate last.
      return rules_.ocsp == nullptr || step.depth > 0 || !refusal_.empty()
                 ? ChainVerdict::accept
                 : judge_by_responders(step);
    case ChainStep::Fault::issuer_unknown:
    case ChainStep::Fault::self_signed:
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
    default:
      break;
  }
  return refuse(step, ChainVerdict::refuse, std::string(step.reason));
}

ChainVerdict Verifier::judge_by_responders(const ChainStep& leaf) {
  const auto& how = *rules_.ocsp;
  if (lenient_) {
    refusal_id_ = Tp::client_ocsp_no_source;
    return refuse(leaf, ChainVerdict::refuse_unproved,
                  "its issuer is unknown, so that no responder can be believed");
  }
  const Instant deadline = std::chrono::steady_clock::now() + how.rules.timeout;
  const bool is_whole_chain = how.rules.check.which == OcspSetting::Which::chain;
  int last = 0;
  while (is_whole_chain && certificate_at(leaf, last + 1) != nullptr) ++last;
  for (int depth = last; depth >= 0; --depth) {
    X509* const certificate = certificate_at(leaf, depth);
    // An authority that has issued itself is believed because it is configured.
    if (certificate == nullptr || may_issue(*certificate, *certificate)) continue;
    X509* const issuer = certificate_at(leaf, depth + 1);
    const ChainStep step{.depth = depth, .certificate = certificate, .reason = {}};
    if (issuer == nullptr) {
      refusal_id_ = Tp::client_ocsp_no_source;
      return refuse(step, ChainVerdict::refuse_unproved, "its issuer is not at hand");
    }
    if (const ChainVerdict verdict = ask_about(step, *issuer, deadline);
        verdict != ChainVerdict::accept) {
      return verdict;
    }
  }
  return ChainVerdict::accept;
}

ChainVerdict Verifier::ask_about(const ChainStep& step, X509& issuer, Instant deadline) {
  const auto& how = *rules_.ocsp;
  if (rules_.responders == nullptr) {
    refusal_id_ = Tp::client_ocsp_unreachable;
    return refuse(step, ChainVerdict::refuse_unproved, "this server cannot ask");
  }
  if (rules_.only_known) {
    return rules_.responders->is_known_good(*step.certificate, issuer, how)
               ? ChainVerdict::accept
               : ChainVerdict::refuse_unproved;
  }
  OcspFinding found = rules_.responders->check(*step.certificate, issuer, how, deadline);
  if (found.outcome == OcspOutcome::good) return ChainVerdict::accept;
  if (found.outcome == OcspOutcome::no_source && how.rules.check.missing_is_fine) {
    rules_.responders->count_forgiven();
    forgiven_ = text("certificate \"", cut(subject_of(*step.certificate)), '"');
    return ChainVerdict::accept;
  }
  refusal_id_ = message_of(found.outcome);
  return refuse(step,
                found.outcome == OcspOutcome::revoked ? ChainVerdict::refuse_revoked
                                                      : ChainVerdict::refuse_unproved,
                std::move(found.words));
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
  fault_ = step.fault;
  fault_depth_ = step.depth;
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
