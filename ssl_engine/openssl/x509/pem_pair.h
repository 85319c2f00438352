// SPDX-License-Identifier: Apache-2.0
//
// certificate_from_pem(), key_from_pem(): certificates and an unencrypted key out of PEM text that
// another module hands over. Files of the operator go through object_reader.h, which explains
// what is wrong with them.
#pragma once

#include <string>
#include <vector>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// Null if `pem` does not begin with one; leaves no errors.
Cert certificate_from_pem(const char* pem) noexcept;
Pkey key_from_pem(const char* pem) noexcept;
/// All that `pem` has one after the other, up to the first that cannot be read; leaves no errors.
std::vector<Cert> certificates_from_pem(const char* pem);

/// Leaf and issuer one after the other, as PEM; empty without memory. `issuer` may be null.
std::string pem_of(X509& leaf, X509* issuer);

}  // namespace tlsplus
