// SPDX-License-Identifier: Apache-2.0
//
// session_client(): what a session remembers of its client's certificate. OpenSSL keeps the
// certificate and forgets the others of its chain; without them nobody could hold it against
// authorities and revocation lists again. They travel with the session, under its seal
// (SSL_SESSION_set1_ticket_appdata(3)).
#pragma once

#include <optional>

#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/tls/verify_callback.h"

namespace tlsplus {

/// Borrowed from the session; null: its client has shown none.
X509* session_client(const SSL_SESSION& session) noexcept;

/// Notes in `session` how the certificate that the client of `ssl` has just shown was judged, and
/// by way of which others. Does nothing if the client has shown none, or only in a session before.
void note_client(SSL& ssl, SSL_SESSION& session, bool is_verified);

struct NotedClient {
  bool is_verified = false;  // false: its issuer is unknown, and that was forgiven
  CertChain others;          // of its chain, where the authorities do not have them; never null
};
/// Nothing if note_client() has noted nothing.
std::optional<NotedClient> noted_client(const SSL_SESSION& session);

/// passes_again() for the certificate that the client of `ssl` has shown, in this connection or in
/// the one that it resumes. False if it has shown none.
bool client_passes(SSL& ssl, X509_STORE& store, const ChainJudge& judge);
/// passes_again() for the certificate of a session that a client comes with, and the authorities
/// that a handshake on `ssl` would hold it against.
bool session_passes(SSL& ssl, const SSL_SESSION& session, STACK_OF(X509) & others,
                    const ChainJudge& judge) noexcept;

}  // namespace tlsplus
