// SPDX-License-Identifier: Apache-2.0
//
// ask_for_name() and its kin: the small questions and settings of one client-side SSL, as
// server_ssl.h has them for the other end: bool says whether OpenSSL agreed, its error queue says
// why not.
#pragma once

#include <string>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/trust.h"

namespace tlsplus {

/// The name that the ClientHello asks for (RFC 6066 3).
bool ask_for_name(SSL& ssl, const std::string& name) noexcept;
/// ALPN (RFC 7301 3.1): length-prefixed names, most wanted first.
bool offer_protocols(SSL& ssl, ByteView names) noexcept;
/// Offers a session of an earlier connection.
bool offer_session(SSL& ssl, SSL_SESSION& session) noexcept;

/// Where the server asks for a certificate: the authorities it names (RFC 8446 4.2.4, RFC 5246
/// 7.4.4). Borrowed; null or empty: any.
const STACK_OF(X509_NAME) * asked_authorities(const SSL& ssl) noexcept;

/// True if the server has the last word of this handshake, so that our last flight must leave
/// before it says anything: TLS 1.2 and older, unless a session was resumed (RFC 5246 7.3).
bool server_speaks_last(const SSL& ssl) noexcept;

}  // namespace tlsplus
