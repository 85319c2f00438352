// SPDX-License-Identifier: Apache-2.0
//
// der_of(): an object of OpenSSL's as DER, whatever its type.
#pragma once

#include <string>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// What `Encode`, an i2d_ function (d2i_X509(3)), makes of `object`; empty if it fails. Leaves no
/// errors.
template <auto Encode, class T>
std::string der_of(const T& object) {
  unsigned char* octets = nullptr;
  const int size = Encode(&object, &octets);
  const LibraryMemory<unsigned char> owner(octets);
  clear_openssl_errors();  // encoders of providers leave some even where they succeed
  if (size <= 0) return {};
  return {reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size)};
}

}  // namespace tlsplus
