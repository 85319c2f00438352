// SPDX-License-Identifier: Apache-2.0
//
// subject_of(), names_of() and their kin: read-only looks into certificates and keys, in values of
// ours. Nothing here changes an object visibly (OpenSSL caches extensions inside, under its own
// lock), so all of it may be called from any thread. Names of subjects and issuers come printable,
// as RFC 2253 escapes them; other text is as the certificate has it: escape() it for a log.
#pragma once

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

using Fingerprint = std::array<Byte, 32>;  // SHA-256

struct FingerprintHash {
  std::size_t operator()(const Fingerprint& digest) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

/// Null: `der` does not begin with a certificate; OpenSSL's errors say why.
Cert parse_certificate(ByteView der) noexcept;
/// Empty without memory.
std::string der_of_certificate(const X509& cert);

Fingerprint sha256(ByteView bytes) noexcept;
/// Over the certificate's DER; zeros if it cannot be made.
Fingerprint fingerprint_of(const X509& cert) noexcept;
/// Over the SubjectPublicKeyInfo's DER, as `openssl pkey -pubout -outform DER | openssl sha256`.
Fingerprint public_key_fingerprint(EVP_PKEY& key);

/// RFC 2253: "CN=a.example,O=Example\, Inc.", everything but printable ASCII as \XX.
std::string subject_of(const X509& cert);
std::string issuer_of(const X509& cert);
/// Lower-case hexadecimal.
std::string serial_of(const X509& cert);

/// UTCTime or GeneralizedTime; nullopt for null, and for what is no time.
std::optional<WallTime> moment_of(const ASN1_TIME* time) noexcept;
/// 1970 if there is no time that can be read.
WallTime not_before_of(const X509& cert) noexcept;
WallTime not_after_of(const X509& cert) noexcept;
/// Of a revocation list: who made it, as issuer_of() of a certificate; when the next one is due,
/// nullopt if it does not say.
std::string issuer_of(const X509_CRL& crl);
std::optional<WallTime> next_update_of(const X509_CRL& crl) noexcept;
/// "2026-01-31 23:59:59 UTC"
std::string date_text(WallTime at);

/// All names of hosts that a certificate has, lower case, each kind in its order.
struct HostNames {
  std::vector<std::string> alternative;  // dNSNames and iPAddresses of the subjectAltName
  std::vector<std::string> common;       // the subject's CNs
  bool has_dns_name = false;             // among the first
};
HostNames host_names_of(X509& cert);
/// The alternative names; the common names behind them if there is no dNSName (RFC 2818 3.1; RFC
/// 9525 no longer looks there, older clients do).
std::vector<std::string> names_of(X509& cert);
/// There is a subjectAltName, whatever is in it.
bool has_alternative_names(const X509& cert) noexcept;
/// 4 or 16 octets as an address; empty for another number.
std::string address_text(ByteView octets);
/// True if one of `names` (from names_of()) stands for `host`: equal but for case, or with a
/// wildcard as the whole left-most label (RFC 9525 6.3), which no address is matched by.
bool names_cover(const std::vector<std::string>& names, std::string_view host);

/// Basic constraints say CA:TRUE (RFC 5280 4.2.1.9).
bool is_ca(X509& cert) noexcept;
/// Subject and issuer are the same name.
bool is_self_issued(X509& cert) noexcept;
/// `issuer` may have issued `cert`, by names, key identifiers and key usage; no signature is
/// verified (X509_check_issued(3)).
bool may_issue(X509& issuer, X509& cert) noexcept;
/// "SHA1", "MD5", ...: what the certificate is signed over, if other content with the same digest
/// can be made; empty if not, and for an algorithm that OpenSSL does not know.
std::string_view forgeable_digest_of(X509& cert) noexcept;
/// False only if there is an extended key usage without serverAuth in it.
bool may_serve_tls(X509& cert) noexcept;
/// The same of clientAuth.
bool may_be_tls_client(X509& cert) noexcept;
/// Where its issuer's certificate can be had (authorityInfoAccess, caIssuers), http first come.
std::vector<std::string> issuer_urls_of(X509& cert);
/// Its authorityKeyIdentifier names an issuer that has issued itself (RFC 5280 4.2.1.1).
bool names_root_as_issuer(X509& cert);
/// `issuer` has signed `cert`, and its key and names say so.
bool has_issued(X509& issuer, X509& cert) noexcept;
/// True if OpenSSL's default certificate store has a certificate that may have issued `cert`.
bool is_issued_by_system_trust(X509& cert);

/// "RSA", "EC", "ED25519", ... (EVP_PKEY_get0_type_name(3)); empty if there is no name.
std::string_view key_type_of(const EVP_PKEY& key) noexcept;
/// "RSA 2048 bits", "EC P-256", "ED25519".
std::string describe_key(const EVP_PKEY& key);
/// The key in a certificate; empty if OpenSSL does not know its kind.
std::string describe_key(const X509& cert);
int key_bits(const EVP_PKEY& key) noexcept;

/// The public half of `key` is the key in `cert` (X509_check_private_key(3)); leaves no errors.
bool fits(X509& cert, EVP_PKEY& key) noexcept;
bool same_certificate(const X509& a, const X509& b) noexcept;

}  // namespace tlsplus
