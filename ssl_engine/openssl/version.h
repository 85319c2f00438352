// SPDX-License-Identifier: Apache-2.0
//
// openssl_version(), openssl_version_built(): the library that is here and the one we were compiled
// with.
#pragma once

#include <string>

namespace tlsplus {

/// "OpenSSL/3.0.22", of the library in use.
std::string openssl_version();
/// The same, of the headers.
std::string openssl_version_built();
/// Another major or an earlier minor version than the headers; patch levels are compatible.
bool is_openssl_older_than_built() noexcept;

}  // namespace tlsplus
