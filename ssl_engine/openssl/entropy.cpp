// SPDX-License-Identifier: Apache-2.0
//
// OpensslEntropy, which feeds RAND_add(3). RAND_add counts in int; pieces larger than that do not
// come from our sources, which are bounded.
#include "ssl_engine/openssl/entropy.h"

#include <openssl/rand.h>

#include <algorithm>
#include <climits>

namespace tlsplus {

void OpensslEntropy::mix(ByteView bytes) noexcept {
  const auto count = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  // Every octet is taken at the operator's word, as "file:" and "exec:" always were.
  RAND_add(bytes.data(), count, count);
}

bool OpensslEntropy::is_seeded() const noexcept {
  return RAND_status() == 1;
}

}  // namespace tlsplus
