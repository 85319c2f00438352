// SPDX-License-Identifier: Apache-2.0
//
// Verifier::judge(): one certificate after the other. The order matters: a chain that is too deep
// is refused even where its issuer may be unknown.
#include "ssl_engine/trust/verifier.h"

#include <iterator>
#include <utility>

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

/// From the one that the last authority has issued down to the client's own, or the latter alone.
std::vector<Inquiry::Question> questions_about(const ChainStep& leaf, bool is_whole_chain) {
  std::vector<Inquiry::Question> questions;
  int last = 0;
  while (is_whole_chain && certificate_at(leaf, last + 1) != nullptr) ++last;
  for (int depth = last; depth >= 0; --depth) {
    X509* const certificate = certificate_at(leaf, depth);
    // An authority that has issued itself is believed because it is configured.
    if (certificate == nullptr || may_issue(*certificate, *certificate)) continue;
    X509* const issuer = certificate_at(leaf, depth + 1);
    questions.push_back({depth, share(*certificate), issuer == nullptr ? nullptr : share(*issuer)});
  }
  return questions;
}

ChainStep step_of(const Inquiry::Question& question) noexcept {
  return {.depth = question.depth, .certificate = question.certificate.get(), .reason = {}};
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
  auto questions = questions_about(leaf, how.rules.check.which == OcspSetting::Which::chain);
  for (auto question = questions.begin(); question != questions.end(); ++question) {
    if (question->issuer == nullptr) return refuse_without_issuer(*question);
    if (rules_.responders == nullptr) {
      return judge_by(*question, {OcspOutcome::unreachable, "this server cannot ask"});
    }
    X509& certificate = *question->certificate;
    X509& issuer = *question->issuer;
    if (rules_.only_known) {
      if (rules_.responders->is_known_good(certificate, issuer, how)) continue;
      return ChainVerdict::refuse_unproved;
    }
    const bool may_be_later = how.rules.timeout <= rules_.longest_inquiry;
    std::optional<OcspFinding> found =
        may_be_later ? rules_.responders->at_hand(certificate, issuer, how)
                     : rules_.responders->check(certificate, issuer, how, deadline);
    if (!found) {
      questions.erase(questions.begin(), question);
      inquiry_ = std::make_shared<Inquiry>(std::move(questions), rules_.ocsp, deadline);
      return ChainVerdict::accept;
    }
    const ChainVerdict verdict = judge_by(*question, *std::move(found));
    if (verdict != ChainVerdict::accept) return verdict;
  }
  return ChainVerdict::accept;
}

ChainVerdict Verifier::conclude(const Inquiry& asked) {
  const std::shared_ptr<Inquiry> own = std::exchange(inquiry_, nullptr);
  const bool is_joined = own.get() != &asked;
  auto found = asked.found().begin();
  for (const Inquiry::Question& question : own->questions()) {
    if (question.issuer == nullptr) return refuse_without_issuer(question);
    // Those that were not asked come after one that is refused.
    if (found == asked.found().end()) break;
    if (is_joined) rules_.responders->count_shared(found->outcome);
    if (const ChainVerdict verdict = judge_by(question, *found++);
        verdict != ChainVerdict::accept) {
      return verdict;
    }
  }
  return found - asked.found().begin() == std::ssize(own->questions())
             ? ChainVerdict::accept
             : judge_by(own->questions().back(), {OcspOutcome::unreachable, "nobody has asked"});
}

ChainVerdict Verifier::conclude_without(const Inquiry& asked, std::string why) {
  const std::shared_ptr<Inquiry> own = std::exchange(inquiry_, nullptr);
  if (own.get() != &asked) rules_.responders->count_shared(OcspOutcome::unreachable);
  return judge_by(own->questions().front(), {OcspOutcome::unreachable, std::move(why)});
}

ChainVerdict Verifier::judge_by(const Inquiry::Question& question, OcspFinding found) {
  if (found.outcome == OcspOutcome::good) return ChainVerdict::accept;
  if (is_let_pass(found, *rules_.ocsp)) {
    rules_.responders->count_forgiven();
    forgiven_ = text("certificate \"", cut(subject_of(*question.certificate)), '"');
    return ChainVerdict::accept;
  }
  refusal_id_ = message_of(found.outcome);
  return refuse(step_of(question),
                found.outcome == OcspOutcome::revoked ? ChainVerdict::refuse_revoked
                                                      : ChainVerdict::refuse_unproved,
                std::move(found.words));
}

ChainVerdict Verifier::refuse_without_issuer(const Inquiry::Question& question) {
  refusal_id_ = Tp::client_ocsp_no_source;
  return refuse(step_of(question), ChainVerdict::refuse_unproved, "its issuer is not at hand");
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
