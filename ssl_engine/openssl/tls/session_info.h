// SPDX-License-Identifier: Apache-2.0
//
// cipher_info(), group_name() and their kin: what a finished handshake agreed on, as text and
// numbers. Nothing here changes the SSL, so that any thread may ask - but none while another one
// runs a handshake, a renegotiation or a post-handshake authentication on it: OpenSSL then replaces
// what is read here.
//
// A std::string_view lives as long as the library, unless its function says otherwise.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// "TLSv1.3".
std::string_view protocol_name(const SSL& ssl) noexcept;

struct CipherInfo {
  std::string_view name;  // OpenSSL's; TLS 1.3 suites in IANA form
  int secret_bits = 0;
  int algorithm_bits = 0;
};
/// nullopt before a cipher was agreed.
std::optional<CipherInfo> cipher_info(const SSL& ssl) noexcept;

/// "NULL", "DEFLATE" or "UNKNOWN".
std::string_view compression_name(const SSL& ssl) noexcept;
/// Borrowed from the session; empty while it has no id, as with a TLS 1.2 ticket.
ByteView session_id_of(const SSL& ssl) noexcept;
bool is_resumed(const SSL& ssl) noexcept;
/// RFC 5746 was agreed on.
bool has_secure_renegotiation(const SSL& ssl) noexcept;

/// The key exchange group, e.g. "x25519", "secp256r1"; empty for a key exchange without one.
std::string_view group_name(SSL& ssl) noexcept;
/// The algorithm our own side signed the handshake with, in IANA's spelling
/// ("ecdsa_secp256r1_sha256"); empty if nothing was signed: a resumed session, RSA key exchange.
std::string signature_name(SSL& ssl);
/// ALPN; borrowed from the SSL; empty if none was agreed.
std::string_view alpn_name(const SSL& ssl) noexcept;

/// The library's words for the result of verifying the peer; "ok" is X509_V_OK's.
bool is_verified(const SSL& ssl) noexcept;
std::string_view verify_text(const SSL& ssl) noexcept;

/// Borrowed: lives until the next handshake on this SSL; nullptr if the peer showed none.
X509* peer_certificate(const SSL& ssl) noexcept;
/// What the peer sent beside its own certificate, from 0; nullptr beyond the end. A server's
/// list does not contain the client's own certificate, a client's begins with the server's.
X509* peer_chain_at(const SSL& ssl, unsigned index) noexcept;
/// The chain by which the peer was verified, its own certificate at 0 and the root at the end;
/// nullptr beyond it. A session keeps none: there is no chain when it is resumed.
X509* verified_chain_at(const SSL& ssl, unsigned index) noexcept;

/// Run-time and compile-time library, "OpenSSL/3.0.22".
std::string library_version();
std::string library_interface_version();

}  // namespace tlsplus
