// SPDX-License-Identifier: Apache-2.0
//
// The small questions and settings of one server-side SSL, so that the core calls words and
// not macros. All of them are cheap and none fails loudly: bool says whether OpenSSL agreed,
// its error queue says why not.
#pragma once

#include <cstdint>
#include <string>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// Puts `data` where modules that were written for mod_ssl look for the conn_rec: SSL's slot 0.
void set_application_data(SSL& ssl, void* data) noexcept;

/// Sessions and tickets of this SSL are good only where the same digest is set; at most 32
/// bytes (SSL_set_session_id_context(3)).
void bind_sessions(SSL& ssl, ByteView digest) noexcept;

/// Wire numbers, both inclusive.
void set_versions(SSL& ssl, std::uint16_t lowest, std::uint16_t highest) noexcept;
/// False if the limits of this SSL exclude that version.
bool may_speak(SSL& ssl, std::uint16_t version) noexcept;
/// For DHE instead of the automatic ones, unless the security level forbids them; the parameters
/// stay the caller's.
void use_dh_parameters(SSL& ssl, EVP_PKEY& parameters) noexcept;
/// False: the context's security level forbids these parameters.
bool may_use_dh_parameters(SSL_CTX& context, EVP_PKEY& parameters) noexcept;
/// The one group for key exchange ("prime256v1").
bool use_only_group(SSL& ssl, const std::string& group) noexcept;

/// Adds a certificate to those OpenSSL chooses from, by what the client can verify
/// (RFC 8446 4.4.2.2). One per key type; the key is known to fit.
bool present(SSL& ssl, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY& key) noexcept;
/// The same for all SSLs made from `context`.
bool present(SSL_CTX& context, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY& key) noexcept;
/// What is to be sent with the certificate presented last, by a context that has read this file for
/// another one.
void add_server_info(SSL_CTX& context, const std::string& file) noexcept;
/// This certificate and no other, and no client certificate asked for (RFC 8737 3).
bool present_only(SSL& ssl, X509& leaf, EVP_PKEY& key) noexcept;

bool is_tls13(const SSL& ssl) noexcept;
/// True if the tickets of this connection carry the session, so that nothing is stored here.
bool issues_stateless_tickets(const SSL& ssl) noexcept;

/// The oldest error in the queue says that HTTP was spoken instead of TLS.
bool is_plain_http_error() noexcept;

/// The oldest error in the queue says that the client showed no certificate where one is required.
bool is_missing_certificate_error() noexcept;

/// The oldest error in the queue says that a record could not be decrypted: the keys differ.
bool is_wrong_key_error() noexcept;

/// An alert by which a server admits that something of its own did not work: a key that does not
/// sign, or, in RSA key exchange, did not decrypt (RFC 5246 7.2.2, 7.4.7.1). Packed as OpenSSL
/// does; negative: none was sent.
bool is_our_fault(int packed) noexcept;
/// The alert that says so without doubt (RFC 8446 6.2).
bool is_internal_error(int packed) noexcept;

/// Size of our DH key in a handshake that uses one and is not finished; 0 in any other.
int dhe_bits_in_handshake(SSL& ssl) noexcept;

/// The alert that answers a client which wants to renegotiate (RFC 5246 7.2.2).
bool is_fatal(int packed) noexcept;
bool is_renegotiation_refused(int packed) noexcept;
/// "handshake failure (40)" from OpenSSL's packed level and description (RFC 8446 6).
std::string alert_name(int packed);

}  // namespace tlsplus
