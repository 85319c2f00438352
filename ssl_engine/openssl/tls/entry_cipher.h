// SPDX-License-Identifier: Apache-2.0
//
// seal(), unseal(): what is kept where others can reach it, under AES-256-GCM with a key of its own
// for each thing sealed, so that no two ever share one.
#pragma once

#include <optional>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// Octets that seal() adds.
constexpr std::size_t kSealOctets = 32;

/// `content`, sealed for `name` alone under `secret` (32 octets or more, of full strength).
/// Nothing if OpenSSL refuses.
std::optional<Bytes> seal(ByteView secret, ByteView name, ByteView content);
/// What seal() was given; nothing if it was not this secret, not this name, or was altered. Wipe
/// it after use if it is worth sealing.
std::optional<Bytes> unseal(ByteView secret, ByteView name, ByteView sealed);

/// What only the owner of a private key knows, in a form that does not depend on how it is written
/// down. Wipe it after use. Empty for a key that does not show it, as on a token.
Bytes private_number(EVP_PKEY& key);

}  // namespace tlsplus
