// SPDX-License-Identifier: Apache-2.0
//
// challenge_from_modules(), staple_from_modules() and their kin: what other modules are asked while
// a connection is set up: mod_md's challenge certificates and staples, and the hooks that modules
// written for mod_ssl register. Everything degrades to "nobody answered".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/connection/connection.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/openssl/tls/staple_data.h"

namespace tlsplus {

/// The certificate for an ALPN challenge on `server_name`, if some module is being validated.
std::optional<ChallengeCertificate> challenge_from_modules(conn_rec& connection,
                                                           const std::string& server_name);

/// Runs the pre_handshake hooks; false if one of them gives the connection up.
enum class HandshakeWith : std::uint8_t { client, backend };
bool modules_accept_handshake(conn_rec& connection, SSL& ssl, HandshakeWith peer);
/// Runs the proxy_post_handshake hooks, when a backend has passed our own checks; false if one of
/// them is against it.
bool modules_accept_backend(conn_rec& connection, SSL& ssl);

/// The OCSP response another module keeps for `leaf`, the certificate in use, of that id.
ServerEvents::Staple staple_from_modules(conn_rec& connection, server_rec& server, X509& leaf,
                                         const StapleId& id);

/// True if some module but ours provides staples, and so wants to see every certificate.
bool modules_want_staples();
/// Offers the certificates of `host` to modules that provide staples (ap_ssl_ocsp_prime); those
/// that one of them has taken.
std::vector<const Certificate*> prime_staples(server_rec& server, apr_pool_t* pool,
                                              const Host& host);

/// True if some module obtains certificates (mod_md), so that a host without one may get it.
bool modules_bring_certificates();
/// True if that is mod_md and nobody else, whose lines say which hosts get one.
bool only_mod_md_brings_certificates();
/// Appends the file names that modules have for `server`, certificates and keys in pairs.
void add_certificates_from_modules(server_rec& server, apr_pool_t* pool,
                                   apr_array_header_t& certificates, apr_array_header_t& keys);
/// The same for temporary ones, good enough for a handshake and nothing else.
void add_fallback_from_modules(server_rec& server, apr_pool_t* pool,
                               apr_array_header_t& certificates, apr_array_header_t& keys);

/// True if some module wants to see every SSL_CTX, so that each host needs its own.
bool modules_want_contexts();
/// Runs the init_server hooks; an Error names `whose` context one refuses.
Status show_context_to_modules(server_rec& server, apr_pool_t* pool, HandshakeWith peer,
                               SSL_CTX& context, const std::string& whose);

}  // namespace tlsplus
