// SPDX-License-Identifier: Apache-2.0
//
// A record's size: the most plaintext that one can hold, for all who cut or gather.
#pragma once

#include <cstddef>

namespace tlsplus {

/// Octets of plaintext (RFC 8446 5.1).
constexpr std::size_t kMostRecordBytes = 16384;

}  // namespace tlsplus
