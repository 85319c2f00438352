// SPDX-License-Identifier: Apache-2.0
//
// certificates_in(): certificates as authorities hand them out: one in DER, several in PEM, or a
// PKCS#7 bundle (RFC 5280 4.2.2.1 allows the first and the last behind a caIssuers URL; all three
// are met).
#pragma once

#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// All of them, in their order; empty if there is none. What cannot be read is passed over.
std::vector<Cert> certificates_in(ByteView content);

/// `issuer` issued `cert`: names, key identifiers and usage fit, and the signature is right.
bool is_signed_by(X509& cert, X509& issuer) noexcept;

}  // namespace tlsplus
