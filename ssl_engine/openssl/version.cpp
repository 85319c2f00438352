// SPDX-License-Identifier: Apache-2.0
//
// openssl_version(), is_openssl_older_than_built(): major and minor release are compared, since
// those with the same have the same interface.
#include "ssl_engine/openssl/version.h"

#include <openssl/crypto.h>
#include <openssl/opensslv.h>

namespace tlsplus {

std::string openssl_version() {
  return std::string("OpenSSL/") + OpenSSL_version(OPENSSL_VERSION_STRING);
}

std::string openssl_version_built() {
  return std::string("OpenSSL/") + OPENSSL_VERSION_STR;
}

bool is_openssl_older_than_built() noexcept {
  const unsigned int major = OPENSSL_version_major();
  if (major != OPENSSL_VERSION_MAJOR) return major < OPENSSL_VERSION_MAJOR;
  return OPENSSL_version_minor() + 0U < OPENSSL_VERSION_MINOR + 0U;
}

}  // namespace tlsplus
