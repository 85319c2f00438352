// SPDX-License-Identifier: Apache-2.0
//
// RevocationCheck: which certificates of a chain are looked up in revocation lists. By itself, so
// that the settings need no header of OpenSSL for it.
#pragma once

#include <cstdint>

namespace tlsplus {

enum class RevocationCheck : std::uint8_t { none, leaf, chain };

}  // namespace tlsplus
