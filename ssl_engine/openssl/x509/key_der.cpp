// SPDX-License-Identifier: Apache-2.0
//
// read_key_der(): PKCS#8, and the older forms of EC and RSA keys. A key without its public half
// would have to be computed with; that is not ordinary.
#include <algorithm>

#include "ssl_engine/openssl/x509/der_parts.h"

namespace tlsplus {
namespace {

using namespace pkix;

std::optional<KeyFields> look_at_ec_key(ByteView content, const Curve* curve) noexcept {
  DerReader parts(content);
  const auto version = parts.next(der::kInteger);
  const auto secret = version ? parts.next(der::kOctetString) : std::nullopt;
  if (!secret || !equal(version->content, octets("\x01"))) return std::nullopt;
  if (const auto parameters = parts.next(der::constructed(0))) {
    DerReader inner(parameters->content);
    const auto oid = inner.next(der::kOid);
    const Curve* const named = oid && inner.at_end() ? curve_named(oid->content) : nullptr;
    if (named == nullptr || (curve != nullptr && curve != named)) return std::nullopt;
    curve = named;
  }
  const auto tagged = parts.next(der::constructed(1));
  if (curve == nullptr || !tagged || !parts.at_end()) return std::nullopt;
  DerReader inner(tagged->content);
  const ByteView point = bits_of(inner.next(der::kBitString));
  const bool is_zero = std::ranges::all_of(secret->content, [](Byte octet) { return octet == 0; });
  if (!inner.at_end() || !is_point(point, *curve) || is_zero ||
      secret->content.size() != curve->field_bytes) {
    return std::nullopt;
  }
  return KeyFields{curve->kind, point};
}

std::optional<KeyFields> look_at_rsa_key(ByteView content) noexcept {
  constexpr int kFurther = 6;  // d, p, q, d mod p-1, d mod q-1, 1/q mod p
  DerReader parts(content);
  const auto version = parts.next(der::kInteger);
  if (!version || !equal(version->content, octets("\0"))) return std::nullopt;
  const KeyFields look{KeyType::rsa, rsa_numbers(parts)};
  if (look.public_key.empty()) return std::nullopt;
  for (int i = 0; i < kFurther; ++i) {
    const auto number = parts.next(der::kInteger);
    if (!number || magnitude_of(number->content).empty()) return std::nullopt;
  }
  if (!parts.at_end()) return std::nullopt;
  return look;
}

std::optional<KeyFields> look_at_pkcs8(ByteView content) noexcept {
  DerReader parts(content);
  const auto version = parts.next(der::kInteger);
  const auto algorithm = version ? parts.next(der::kSequence) : std::nullopt;
  const auto wrapped = algorithm ? parts.next(der::kOctetString) : std::nullopt;
  if (!wrapped || !parts.at_end() || !equal(version->content, octets("\0"))) return std::nullopt;
  const auto inner = only_sequence(wrapped->content);
  if (!inner) return std::nullopt;
  if (equal(algorithm->content, kRsa)) return look_at_rsa_key(inner->content);
  const Curve* const curve = curve_of(algorithm->content);
  return curve == nullptr ? std::nullopt : look_at_ec_key(inner->content, curve);
}

}  // namespace

std::optional<KeyFields> read_key_der(ByteView der, std::string_view label) noexcept {
  const auto sequence = only_sequence(der);
  if (!sequence) return std::nullopt;
  if (label.empty() || label == "PRIVATE KEY") return look_at_pkcs8(sequence->content);
  if (label == "EC PRIVATE KEY") return look_at_ec_key(sequence->content, nullptr);
  if (label == "RSA PRIVATE KEY") return look_at_rsa_key(sequence->content);
  return std::nullopt;
}

}  // namespace tlsplus
