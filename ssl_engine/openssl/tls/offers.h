// SPDX-License-Identifier: Apache-2.0
//
// offers_of(): the groups and signature algorithms of a context. OpenSSL 3.0 has no function that
// tells them, but it writes them into a ClientHello: the context is let greet nobody, and the
// greeting read.
#pragma once

#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

struct Offers {
  std::vector<std::string> groups;                // "x25519", "secp256r1", ... (RFC 8446 4.2.7)
  std::vector<std::string> signature_algorithms;  // "ecdsa_secp256r1_sha256", ... (4.2.3)
};

/// In the context's order, after security level and system-wide configuration; numbers as
/// "0x6399" where there is no name. Empty if nothing can be negotiated.
Offers offers_of(SSL_CTX& context);
/// True if the context would do a key exchange with `group` ("prime256v1"): OpenSSL knows it for
/// TLS, and the security level allows it.
bool can_use_group(SSL_CTX& context, const std::string& group);

/// The same names for lists of two octets each, as hellos hold them.
std::vector<std::string> group_names(ByteView list);
std::vector<std::string> signature_algorithm_names(ByteView list);

}  // namespace tlsplus
