// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL compatibility: where the headers of OpenSSL 3.0 to 4.0 disagree in a way that callers
// would see: one name for both. What a release took out is told by OPENSSL_NO_*, where it is used.
#pragma once

#include <openssl/x509.h>

#include <type_traits>

namespace tlsplus {

/// What X509_get_ext(3) lends: const from OpenSSL 4.0 on, before which nothing takes a const one.
using HeldExtension =
    std::remove_pointer_t<decltype(X509_get_ext(static_cast<const X509*>(nullptr), 0))>;

}  // namespace tlsplus
