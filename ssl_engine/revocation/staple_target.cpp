// SPDX-License-Identifier: Apache-2.0
//
// judge_staple(): what judge_ocsp() believes, within what clients accept.
#include "ssl_engine/revocation/staple_target.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

WallTime end_of(const OcspAnswer& answer, const StapleRules& rules) noexcept {
  const auto life = rules.max_age.value_or(kLifeWithoutEnd);
  if (!answer.next_update) return answer.this_update + life;
  return rules.max_age ? std::min(*answer.next_update, answer.this_update + life)
                       : *answer.next_update;
}

}  // namespace

std::string name_of(const Certificate& certificate) {
  const auto names = certificate.leaf().names();
  return names.empty() ? std::string("a certificate without names") : escape(names.front());
}

std::variant<Staple, OcspProblem> judge_staple(const StapleTarget& target, Bytes der,
                                               WallTime now) {
  const Cert leaf = target.certificate->leaf().open();
  X509* const issuer = target.certificate->issuer();
  if (leaf == nullptr || issuer == nullptr) {
    return OcspProblem{OcspFault::wrong_certificate, "the certificate cannot be opened"};
  }
  const OcspRules rules{.skew = target.rules.skew, .max_age = target.rules.max_age};
  OcspVerdict verdict = judge_ocsp(der, *leaf, *issuer, nullptr, rules, now);
  if (auto* const problem = std::get_if<OcspProblem>(&verdict)) return std::move(*problem);
  const auto& answer = std::get<OcspAnswer>(verdict);
  if (answer.status == OcspStatus::unknown) {
    return OcspProblem{OcspFault::wrong_certificate, "the responder does not know the certificate"};
  }
  const WallTime until = end_of(answer, target.rules);
  // The clocks of clients are right more often than ours: no second longer than it says.
  if (until <= now)
    return OcspProblem{OcspFault::expired, std::string(words_of(OcspFault::expired))};
  return Staple{std::move(der), answer.status, answer.reason, answer.this_update, until};
}

WallTime renewal_of(const Staple& staple, const StapleRules& rules, WallTime now) noexcept {
  // Some are hours old when they come: half of what is left, not of what there was.
  const WallTime begun = std::max(staple.from, std::min(now, staple.until));
  constexpr std::chrono::seconds kSoonest{10};
  const WallTime half = std::max(begun + (staple.until - begun) / 2, now + kSoonest);
  return rules.asked_each ? std::min(half, now + *rules.asked_each) : half;
}

}  // namespace tlsplus
