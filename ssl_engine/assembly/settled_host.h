// SPDX-License-Identifier: Apache-2.0
//
// SettledHost: a host whose policy is settled and whose certificates are not: what these are held
// against.
#pragma once

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/settings/policy.h"

namespace tlsplus {

struct TrustStore;

struct SettledHost : ConfiguredHost {
  const Policy& policy;
  SSL_CTX* context = nullptr;         // null if OpenSSL refused the policy
  const TrustStore* trust = nullptr;  // null: no authorities are configured
};

}  // namespace tlsplus
