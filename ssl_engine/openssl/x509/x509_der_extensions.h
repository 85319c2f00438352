// SPDX-License-Identifier: Apache-2.0
//
// take_extensions(): those that every public authority uses, as far as configurations ask about
// them.
#pragma once

#include "ssl_engine/openssl/x509/x509_der.h"

namespace tlsplus::pkix {

/// `content` of the SEQUENCE of extensions. False if one of them is not ordinary.
bool take_extensions(ByteView content, CertificateFields& look) noexcept;

}  // namespace tlsplus::pkix
