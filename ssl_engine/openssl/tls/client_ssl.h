// SPDX-License-Identifier: Apache-2.0
//
// ask_for_name(), offer_protocols() and the other small questions and settings of one client-side
// SSL, as server_ssl.h has them for the other end: bool says whether OpenSSL agreed, its error
// queue says why not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/trust.h"

namespace tlsplus {

/// The name that the ClientHello asks for (RFC 6066 3).
bool ask_for_name(SSL& ssl, const std::string& name) noexcept;
/// ALPN (RFC 7301 3.1), most wanted first; names of 1 to 255 octets.
bool offer_protocols(SSL& ssl, const std::vector<std::string>& names);
/// Offers a session of an earlier connection.
bool offer_session(SSL& ssl, SSL_SESSION& session) noexcept;

/// Where the server asks for a certificate: the authorities it names (RFC 8446 4.2.4, RFC 5246
/// 7.4.4). Borrowed; null or empty: any.
const STACK_OF(X509_NAME) * asked_authorities(const SSL& ssl) noexcept;
/// The same as text, for a log; the first few of them.
std::vector<std::string> asked_authority_names(const SSL& ssl);
/// Shows `leaf`. Where `chain` is empty OpenSSL looks for one among the authorities of the context,
/// in each handshake.
bool show(SSL& ssl, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY& key) noexcept;

/// What the oldest error in the queue says about a server, where that is more than its words.
enum class ServerFault : std::uint8_t {
  other,
  not_tls,           // it spoke something else: plain HTTP, most of the time
  version,           // no version in common
  nothing_fits,      // it found no cipher, group or signature in common (alert handshake_failure)
  too_weak,          // key, signature or parameters below the security level
  legacy,            // it has no secure renegotiation (RFC 5746)
  wants_certificate  // it left for want of a certificate, or did not like ours
};
ServerFault oldest_server_fault() noexcept;

/// True if the server has the last word of this handshake, so that our last flight must leave
/// before it says anything: TLS 1.2 and older, unless a session was resumed (RFC 5246 7.3).
bool server_speaks_last(const SSL& ssl) noexcept;

}  // namespace tlsplus
