// SPDX-License-Identifier: Apache-2.0
//
// SRP (RFC 5054): clients that prove a password in the handshake. OpenSSL 3 declares all of it
// deprecated and has nothing in its place, so everything that touches it is in this pair of files.
#pragma once

#include <string_view>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// The user whose password was proved in the handshake, and what the verifier file says of that
/// user; borrowed from the SSL; empty if none was. A client may name a user and then agree on
/// a cipher without SRP: that proves nothing, and is nobody.
std::string_view srp_user(SSL& ssl) noexcept;
std::string_view srp_user_info(SSL& ssl) noexcept;

}  // namespace tlsplus
