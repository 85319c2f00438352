// SPDX-License-Identifier: Apache-2.0
//
// random_private(), from RAND_priv_bytes(3) and its generator. Kept apart from the ciphers, because
// what needs random octets rarely needs them too.
#include "ssl_engine/openssl/random.h"

#include <openssl/err.h>
#include <openssl/rand.h>

namespace tlsplus {

bool random_private(MutableByteView out) noexcept {
  if (RAND_priv_bytes(out.data(), static_cast<int>(out.size())) == 1) return true;
  ERR_clear_error();
  return false;
}

}  // namespace tlsplus
