// SPDX-License-Identifier: Apache-2.0
//
// NonceUse: whether a question carries a nonce, and what an answer without it is worth. By itself,
// so that the settings need no header of OpenSSL for it.
#pragma once

#include <cstdint>

namespace tlsplus {

/// `prefer`: asked for, and an answer without one is taken, since many responders answer with what
/// they have prepared (RFC 5019). A nonce that differs from ours is never taken.
enum class NonceUse : std::uint8_t { off, prefer, require };

}  // namespace tlsplus
