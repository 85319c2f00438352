// SPDX-License-Identifier: Apache-2.0
//
// judge_ocsp(): what a responder's answer says about a certificate, and whether to believe it (RFC
// 6960 3.2 and 4.2). The answer may come from anybody: the network, a file, another process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/ocsp/nonce_use.h"
#include "ssl_engine/openssl/ocsp/ocsp_request.h"

namespace tlsplus {

enum class OcspStatus : std::uint8_t { good, revoked, unknown };

/// An answer that is to be believed.
struct OcspAnswer {
  OcspStatus status = OcspStatus::unknown;
  WallTime this_update{};
  std::optional<WallTime> next_update{};
  std::optional<WallTime> revoked_at{};
  int reason = -1;  // RFC 5280 5.3.1; -1: none is given
  bool nonce_echoed = false;
};

enum class OcspFault : std::uint8_t {
  not_ocsp,            // the octets are no answer, or one of a kind that is not understood
  malformed,           // these five are what the responder said instead of an answer
  internal_error,      //
  try_later,           //
  sig_required,        //
  unauthorized,        //
  wrong_certificate,   // all that is said is about others
  bad_signature,       //
  signer_not_allowed,  // it is signed by somebody who may not speak for the issuer
  signer_expired,      //
  not_yet_valid,       // thisUpdate lies ahead
  expired,             // nextUpdate is over
  too_old,             // older than OcspRules::max_age
  nonce_missing,       // though it is required
  nonce_wrong          // an answer to another question
};

/// In an operator's words, as the end of a sentence: "the responder says: try later".
std::string_view words_of(OcspFault fault) noexcept;
/// "keyCompromise" (RFC 5280 5.3.1); empty: no such reason, or none.
std::string_view revocation_reason(int reason) noexcept;

struct OcspProblem {
  OcspFault fault = OcspFault::not_ocsp;
  std::string words;  // words_of() with the evidence; escaped, for a log
};

using OcspVerdict = std::variant<OcspAnswer, OcspProblem>;

struct OcspRules {
  std::chrono::seconds skew{300};                 // by which clocks may differ
  std::optional<std::chrono::seconds> max_age{};  // since thisUpdate
  bool check_signer = true;  // false: whoever's certificate is in the answer may sign it
  NonceUse nonce = NonceUse::off;
  std::span<const Cert> pinned{};  // responders that are believed whoever has issued them
};

/// Believes the issuer itself, a responder whose certificate the issuer has signed for this purpose
/// (id-kp-OCSPSigning, RFC 6960 4.2.2.2), and a pinned one; never somebody for being trusted
/// otherwise. Where an answer says several things about the certificate, revoked counts, else the
/// newest.
///
/// response  any octets
/// issuer    of `certificate`, already known to be it
/// asked     null: nobody knows what was asked; no nonce is compared then
OcspVerdict judge_ocsp(ByteView response, X509& certificate, X509& issuer,
                       const OcspQuestion* asked, const OcspRules& rules, WallTime now);

}  // namespace tlsplus
