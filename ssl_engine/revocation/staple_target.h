// SPDX-License-Identifier: Apache-2.0
//
// StapleTarget, judge_staple(): a certificate of ours for which OCSP responses are fetched, under
// which rules, and what makes a response one that clients are given.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/error.h"
#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/openssl/ocsp/ocsp_judge.h"

namespace tlsplus {

/// What the SSLStapling directives of its host say.
struct StapleRules {
  std::chrono::seconds skew{300};
  std::chrono::seconds timeout{10};                // of one question, all of it
  std::chrono::seconds longest_wait{600};          // after failures
  std::optional<std::chrono::seconds> max_age{};   // of a response
  std::optional<std::chrono::seconds> asked_each;  // nullopt: when half of its life is over
  bool only_good = false;
  std::optional<Endpoint> proxy{};  // through which responders are asked
  std::string url{};                // asked in place of what the certificate says; empty: that

  friend bool operator==(const StapleRules&, const StapleRules&) = default;
};

struct StapleTarget {
  CertificatePtr certificate;     // has an issuer
  std::vector<std::string> urls;  // of responders; empty: nobody can be asked
  StapleRules rules;
  std::string host;              // the first that presents it
  Where where;                   // what asks for stapling there
  bool must_be_stapled = false;  // the certificate says so (RFC 7633)
};

/// What people are told it is: the first of its names.
std::string name_of(const Certificate& certificate);

/// A response that clients may be given.
struct Staple {
  Bytes der;
  OcspStatus status = OcspStatus::good;  // or revoked
  int reason = -1;                       // of a revocation
  WallTime from{};
  WallTime until{};  // not stapled from then on
};

/// A response without nextUpdate, and without SSLStaplingResponseMaxAge, is stapled for so long.
constexpr std::chrono::hours kLifeWithoutEnd{24};

/// Judges octets from anywhere. A response that is stapled says that the certificate is good or
/// revoked, is signed by its issuer or a delegate, and is valid at `now`. Opens the certificate:
/// some 300 microseconds.
std::variant<Staple, OcspProblem> judge_staple(const StapleTarget& target, Bytes der, WallTime now);

/// When to ask for the one after `staple`, which was received at `now`: half of its life, or
/// earlier as the rules say.
WallTime renewal_of(const Staple& staple, const StapleRules& rules, WallTime now) noexcept;

}  // namespace tlsplus
