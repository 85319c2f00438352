// SPDX-License-Identifier: Apache-2.0
//
// make_certificate(), make_request(): certificates and certificate requests, made (RFC 5280, RFC
// 2986). What goes into a certificate is decided by its profile and not by whoever asks: of a
// request only the key and the names are taken.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

using Request = Handle<X509_REQ, X509_REQ_free>;

/// Longest common name (RFC 5280 A.1, ub-common-name), in characters.
constexpr std::size_t kMostCommonName = 64;

struct SubjectNames {
  std::string common_name;             // UTF-8; empty: the subject is empty
  std::vector<std::string> dns;        // dNSName, ASCII, a wildcard label allowed
  std::vector<std::string> addresses;  // iPAddress, as text
  std::vector<std::string> emails;     // rfc822Name, ASCII
};

enum class Profile : std::uint8_t {
  self_signed,  // a server's, for tests
  authority,    // CA:TRUE, pathlen:0: it issues certificates, and no further authorities
  server,
  client,
};

struct CertificateTerms {
  Profile profile = Profile::server;
  SubjectNames names;
  Bytes serial;  // big-endian, positive, 1 to 20 octets
  WallTime begin;
  WallTime end;
};

/// Who signs; `certificate` null: the key signs its own certificate.
struct Signer {
  X509* certificate = nullptr;
  EVP_PKEY* key = nullptr;
};

/// 16 random octets that make a positive number (RFC 5280 4.1.2.2); empty without entropy.
Bytes new_serial();

/// What `key` signs with, stronger keys with a stronger one; null for keys with a digest built in.
const EVP_MD* signature_digest(const EVP_PKEY& key) noexcept;

Result<Cert> make_certificate(EVP_PKEY& subject_key, const CertificateTerms& terms, Signer signer);
Result<Request> make_request(EVP_PKEY& key, const SubjectNames& names);

std::string pem_of(X509& certificate);
std::string pem_of(X509_REQ& request);

struct RequestContent {
  Pkey key;
  SubjectNames names;
  unsigned unknown_names = 0;  // alternative names of other kinds, left out
};
/// PEM or DER. The Error says that there is no request in it, or that its signature is wrong.
Result<RequestContent> read_request(ByteView content);

}  // namespace tlsplus
