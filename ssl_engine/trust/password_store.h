// SPDX-License-Identifier: Apache-2.0
//
// PasswordStore: whose passwords a host accepts, the users of a TLS-SRP verifier file.
#pragma once

#include <memory>

#include "ssl_engine/openssl/tls/srp.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// Immutable; shared by all hosts with the same file and seed.
struct PasswordStore {
  std::shared_ptr<const SrpUsers> users;  // never null
  // Of the file: a session is good only as long as it is the same, since a user may have been taken
  // out of it.
  Fingerprint digest{};
};

}  // namespace tlsplus
