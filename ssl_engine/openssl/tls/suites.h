// SPDX-License-Identifier: Apache-2.0
//
// suites_for(), can_use(): what a finished context can really negotiate, asked of OpenSSL itself
// and not worked out again: security level, system-wide configuration and build options all have a
// say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

struct Suite {
  enum class Proof : std::uint8_t { any, rsa, ecdsa, dsa, none };
  std::string name;               // OpenSSL's
  Proof proof = Proof::any;       // the kind of key the server must have; none: PSK, SRP, anonymous
  bool rsa_key_exchange = false;  // the key decrypts, so an RSA-PSS key will not do
  bool is_srp = false;            // the client proves a password (RFC 5054)
  bool needs_group = false;       // ECDHE; in TLS 1.3 every suite does
  int secret_bits = 0;
};

/// The suites of `context` for one version (wire number, 0x0303 for TLS 1.2), in its order.
/// Empty if the version cannot be negotiated at all.
std::vector<Suite> suites_for(SSL_CTX& context, std::uint16_t version);
/// The suites of a client's list, two octets each (RFC 8446 4.1.2); those `ssl` does not know have
/// their number for a name, "0x009c", and what is a signal and no suite is left out.
std::vector<Suite> suites_in(SSL& ssl, ByteView list);
/// True if a server whose key is of `key_type` (EVP_PKEY_get0_type_name(3)) can use `suite`.
bool can_use(const Suite& suite, std::string_view key_type) noexcept;

/// True if `list` (TLS 1.2 and older) selects at least one suite when anonymous and NULL suites
/// are not excluded and no security level applies.
bool selects_any_suite(const std::string& list);
/// Names of the suites without authentication or encryption that `list` selects.
std::vector<std::string> unprotected_suites_in(const std::string& list);

/// What OpenSSL thinks of presenting a certificate in `context`.
struct Acceptance {
  enum class Verdict : std::uint8_t {
    accepted,
    key_too_weak,
    signature_too_weak,
    unsupported,
    refused
  };
  Verdict verdict = Verdict::accepted;
  std::string evidence;  // OpenSSL's words
};
/// Tries it on a scratch SSL. `key` may be null: then the certificates alone are tried.
Acceptance try_certificate(SSL_CTX& context, X509& leaf, STACK_OF(X509) & chain, EVP_PKEY* key);

}  // namespace tlsplus
