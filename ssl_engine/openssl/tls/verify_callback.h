// SPDX-License-Identifier: Apache-2.0
//
// ask_client(): asking a client for its certificate, and OpenSSL's walk over the chain that comes.
// OpenSSL finds the facts; the core's Verifier decides, one certificate at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/trust.h"

namespace tlsplus {

/// One certificate of a chain under examination, as the verify callback sees it
/// (SSL_CTX_set_verify(3)).
struct ChainStep {
  /// The kinds of fault that are decided on, or mended in a way of their own.
  enum class Fault : std::uint8_t {
    none,
    issuer_unknown,
    self_signed,   // and nobody has named it as an authority
    other_key,     // an authority of that name is known, and has not signed it
    no_authority,  // what issued it may not issue anything
    outside_dates,
    wrong_purpose,
    too_weak,
    too_deep,
    revoked,
    crl_missing,
    crl_expired,
    crl_useless,  // a list is there, and is not valid yet or not signed by its issuer
    other
  };
  Fault fault = Fault::none;
  int depth = 0;                // 0: the client's own
  X509* certificate = nullptr;  // null: OpenSSL had none at hand
  std::string_view reason;      // the library's words; "ok" for none
  // From the client's own upwards, as far as the walk has built it.
  const STACK_OF(X509) * chain = nullptr;
};

enum class ChainVerdict : std::uint8_t {
  accept,            // what OpenSSL noted stays noted
  accept_and_clear,  // as if nothing had been found
  refuse,
  refuse_too_deep,  // whatever OpenSSL thinks of it
  refuse_revoked,   // alert certificate_revoked
  refuse_unproved,  // alert handshake_failure: nothing is wrong with it, and nobody vouches for it
  refuse_obsolete   // alert certificate_unknown: what expired is our list, not the certificate
};

/// Null: the chain is not that long.
X509* certificate_at(const ChainStep& step, int depth) noexcept;

enum class AskClient : std::uint8_t { no, yes, insist };

/// `store` and `names` may be null: those in force stay.
void ask_client(SSL_CTX& context, AskClient ask, X509_STORE* store,
                const STACK_OF(X509_NAME) * names) noexcept;
void ask_client(SSL& ssl, AskClient ask, X509_STORE* store,
                const STACK_OF(X509_NAME) * names) noexcept;

/// Has the peer of `ssl` held against `store`, should its context have been made for another one,
/// and unless commands of the configuration name whom the context believes.
void hold_against(SSL& ssl, X509_STORE& store) noexcept;

using ChainJudge = std::function<ChainVerdict(const ChainStep&)>;
/// Walks over a chain that the client has shown once more, with `judge` in the place of the
/// handshake's; `others` may be null. Changes nothing of the SSL, asks nobody.
bool passes_again(SSL& ssl, X509& certificate, STACK_OF(X509) * others, X509_STORE& store,
                  const ChainJudge& judge) noexcept;

/// Has servers' chains verified as OpenSSL does, but for those that ClientEvents knows. On contexts
/// of connections that TlsStream opens with ClientEvents.
void verify_servers(SSL_CTX& context) noexcept;

/// The result of verification reads as good from here on (SSL_set_verify_result(3)).
void forgive(SSL& ssl) noexcept;

}  // namespace tlsplus
