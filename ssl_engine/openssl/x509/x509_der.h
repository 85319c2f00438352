// SPDX-License-Identifier: Apache-2.0
//
// read_certificate_der(), read_key_der(): certificates and private keys as nearly all of them are,
// read without OpenSSL: it needs a hundred microseconds for a pair, most of them to find a decoder,
// and 7 KB of memory, which ten thousand virtual hosts feel. What is not ordinary here is not
// wrong: it is OpenSSL's to judge. So these functions may refuse whatever they like; what they
// accept OpenSSL must accept too, and say the same of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

enum class KeyType : std::uint8_t { other, p256, p384, p521, rsa };

/// What a virtual host's configuration is judged by. Views are into the DER that was looked at.
struct CertificateFields {
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  KeyType key = KeyType::other;
  std::uint16_t key_bits = 0;
  bool is_ca = false;         // X509_check_ca(3) would say 1
  bool may_serve_tls = true;  // no extended key usage, or one with serverAuth or any
  bool is_self_issued = false;
  ByteView public_key;           // as in KeyFields
  ByteView signature_algorithm;  // AlgorithmIdentifier
  ByteView issuer;               // Name
  ByteView subject;
  ByteView alternative_names;  // of subjectAltName: GeneralNames, empty if there are none
  ByteView authority_key;      // value of authorityKeyIdentifier, or empty
  ByteView authority_access;   // value of authorityInfoAccess, or empty
};

/// RFC 5280, version 3, RSA or one of the NIST curves, names in ASCII, and no extension but those
/// every public authority uses.
std::optional<CertificateFields> read_certificate_der(ByteView der) noexcept;

struct KeyFields {
  KeyType kind = KeyType::other;
  ByteView public_key;  // the uncompressed point, or modulus and exponent, each with its header
};

/// PKCS#8 (`label` "PRIVATE KEY" or empty), SEC 1 ("EC PRIVATE KEY") or PKCS#1 ("RSA PRIVATE
/// KEY"), with its public half in it.
std::optional<KeyFields> read_key_der(ByteView der, std::string_view label) noexcept;

/// "EC", "RSA", as EVP_PKEY_get0_type_name(3) says it; not for KeyType::other.
std::string_view type_name(KeyType kind) noexcept;

}  // namespace tlsplus
