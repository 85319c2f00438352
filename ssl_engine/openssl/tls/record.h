// SPDX-License-Identifier: Apache-2.0
//
// What a record can hold.
#pragma once

#include <cstddef>

namespace tlsplus {

/// Octets of plaintext (RFC 8446 5.1).
constexpr std::size_t kMostRecordBytes = 16384;

}  // namespace tlsplus
