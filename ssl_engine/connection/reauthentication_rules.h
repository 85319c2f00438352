// SPDX-License-Identifier: Apache-2.0
//
// must_ask(): whether a place of a host (a directory, a location, an .htaccess) asks more of a
// client than its connection has shown. Decisions only; Reauthentication carries them out.
#pragma once

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/settings/server_config.h"
#include "ssl_engine/trust/verifier.h"

namespace tlsplus {

/// What was asked of the client so far, and what came of it.
struct Shown {
  VerifyRules rules;
  const TrustStore* trust = nullptr;  // whom it was held against
  bool has_certificate = false;
  bool is_verified = false;  // without any leniency
};

/// What is asked of clients of `host` in the handshake; `responders` may be null.
VerifyRules rules_of(const Host& host, OcspChecker* responders) noexcept;

/// What holds for a request to `host` in a place with `directory`: the stricter of the two.
VerifyRules rules_for(const Host& host, OcspChecker* responders,
                      const DirConfig& directory) noexcept;

/// True if the client must be asked (again) before such a request is served. More is never asked
/// of a client whose certificate has passed the same test already.
bool must_ask(const Shown& shown, const VerifyRules& wanted, const TrustStore* trust) noexcept;

}  // namespace tlsplus
