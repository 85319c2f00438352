// SPDX-License-Identifier: Apache-2.0
//
// Verifier: decides on each certificate of a client's chain, and finds the words for a refusal:
// which certificate, how deep, why, and which authority would have been needed.
#pragma once

#include <string>
#include <string_view>

#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/tls/verify_callback.h"
#include "ssl_engine/settings/defaults.h"
#include "ssl_engine/settings/policy.h"
#include "ssl_engine/trust/inquiry.h"
#include "ssl_engine/trust/ocsp_checker.h"

namespace tlsplus {

/// What is asked of a client at this moment of its connection.
struct VerifyRules {
  VerifyMode mode = VerifyMode::none;
  int depth = defaults::kVerifyDepth;
  bool missing_crl_is_fine = false;
  std::string_view depth_directive = "SSLVerifyDepth";  // for the words of a refusal
  std::shared_ptr<const ClientOcsp> ocsp{};             // null: no responder is asked
  OcspChecker* responders = nullptr;                    // who asks them; null: nobody can
  bool only_known = false;                              // what is not known already is refused
  // Where responders may take no longer than this, judge() leaves it to others to ask them.
  std::chrono::seconds longest_inquiry{-1};
};

inline VerifyRules rules_of(const ClientAuth& auth) noexcept {
  return {.mode = auth.mode,
          .depth = auth.depth,
          .missing_crl_is_fine = auth.crl_check.missing_is_fine};
}

constexpr AskClient asking(VerifyMode mode) noexcept {
  return mode == VerifyMode::none      ? AskClient::no
         : mode == VerifyMode::require ? AskClient::insist
                                       : AskClient::yes;
}

struct TrustStore;

/// Belongs to one connection.
class Verifier {
 public:
  /// Before a chain comes that is held against `trust` (null: nobody): forgets the one before.
  void begin(const VerifyRules& rules, const TrustStore* trust) noexcept {
    rules_ = rules;
    inquiry_.reset();
    trust_ = trust;
    lenient_ = false;
    refusal_.clear();
    refusal_id_ = Tp::client_certificate_refused;
    forgiven_.clear();
    fault_ = ChainStep::Fault::none;
  }
  /// Accepts for the time being, too, where inquiry() is there afterwards.
  ChainVerdict judge(const ChainStep& step);
  /// Time that responders may take while nobody waits in judge(); negative: none.
  void allow_inquiries(std::chrono::seconds longest) noexcept { rules_.longest_inquiry = longest; }
  /// What has to be asked before the chain is really accepted; null: nothing.
  [[nodiscard]] const std::shared_ptr<Inquiry>& inquiry() const noexcept { return inquiry_; }
  /// What judge() would have said. `asked` is over: inquiry(), or another one with the same key.
  ChainVerdict conclude(const Inquiry& asked);
  /// The same without an answer; `asked` may go on for others.
  ChainVerdict conclude_without(const Inquiry& asked, std::string why);
  /// When the handshake of `ssl` is over. False: a certificate that is required is not there or was
  /// not accepted.
  [[nodiscard]] bool accepts_peer(const SSL& ssl) const noexcept;

  [[nodiscard]] const VerifyRules& rules() const noexcept { return rules_; }
  [[nodiscard]] const TrustStore* trust() const noexcept { return trust_; }
  /// An unknown issuer was forgiven.
  [[nodiscard]] bool was_lenient() const noexcept { return lenient_; }
  /// Escaped, for a log; empty: nothing was refused.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }
  /// What it is told as.
  [[nodiscard]] Tp refusal_id() const noexcept { return refusal_id_; }
  /// Who was let in though nobody could be asked about it, as refusal(); empty: nobody.
  [[nodiscard]] const std::string& forgiven() const noexcept { return forgiven_; }
  /// What was refused; none: nothing.
  [[nodiscard]] ChainStep::Fault fault() const noexcept { return fault_; }
  /// How deep in the chain that was; 0: the peer's own certificate.
  [[nodiscard]] int fault_depth() const noexcept { return fault_depth_; }

 private:
  ChainVerdict refuse(const ChainStep& step, ChainVerdict verdict, std::string reason);
  /// Everything else about the whole chain is fine.
  ChainVerdict judge_by_responders(const ChainStep& leaf);
  ChainVerdict judge_by(const Inquiry::Question& question, OcspFinding found);
  ChainVerdict refuse_without_issuer(const Inquiry::Question& question);

  VerifyRules rules_;
  std::shared_ptr<Inquiry> inquiry_;
  const TrustStore* trust_ = nullptr;  // of the connection's snapshot
  bool lenient_ = false;
  std::string refusal_;
  Tp refusal_id_ = Tp::client_certificate_refused;
  std::string forgiven_;
  ChainStep::Fault fault_ = ChainStep::Fault::none;
  int fault_depth_ = 0;
};

}  // namespace tlsplus
