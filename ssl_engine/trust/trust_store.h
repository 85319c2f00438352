// SPDX-License-Identifier: Apache-2.0
//
// TrustStore: whom a host believes about its clients, namely authorities, revocation lists, and the
// names that clients are shown. There is one per distinct content, not per host: a list of 100,000
// revoked certificates exists once.
#pragma once

#include "ssl_engine/openssl/x509/trust.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// Immutable; shared by all hosts with the same content.
struct TrustStore {
  X509Store store;  // never null
  NameList names;   // null: there is no authority
  // Of everything a client's certificate is held against. A session is good only where it is equal.
  Fingerprint digest{};
};

}  // namespace tlsplus
