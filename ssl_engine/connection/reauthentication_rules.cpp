// SPDX-License-Identifier: Apache-2.0
//
// must_ask(): what a place wants, held against what the client has shown. A place can ask for more
// than its host, never for less: `none` in a directory takes nothing back.
#include "ssl_engine/connection/reauthentication_rules.h"

#include <algorithm>

#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

VerifyRules rules_of(const Host& host, OcspChecker* responders) noexcept {
  VerifyRules rules = rules_of(host.policy->client_auth);
  rules.ocsp = host.client_ocsp;
  rules.responders = responders;
  return rules;
}

VerifyRules rules_for(const Host& host, OcspChecker* responders,
                      const DirConfig& directory) noexcept {
  VerifyRules rules = rules_of(host, responders);
  const VerifyMode asked = directory.verify_client.value_or(VerifyMode::none);
  if (asked != VerifyMode::none && asking(asked) >= asking(rules.mode)) rules.mode = asked;
  rules.depth = directory.verify_depth.value_or(rules.depth);
  return rules;
}

bool must_ask(const Shown& shown, const VerifyRules& wanted, const TrustStore* trust) noexcept {
  const AskClient ask = asking(wanted.mode);
  if (ask == AskClient::no) return false;
  const bool same_trust = is_same_trust(shown.trust, trust) &&
                          shown.rules.missing_crl_is_fine == wanted.missing_crl_is_fine;
  if (!same_trust) return true;
  if (shown.has_certificate) {
    if (shown.rules.depth > wanted.depth) return true;
    if (shown.is_verified) return false;
    // Forgiven before; it is good enough only where that is forgiven, too.
    return wanted.mode != VerifyMode::optional_no_ca;
  }
  return ask == AskClient::insist || ask > asking(shown.rules.mode);
}

}  // namespace tlsplus
