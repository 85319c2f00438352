// SPDX-License-Identifier: Apache-2.0
//
// curve_named(), rsa_numbers() and their kin: what ordinary certificates and ordinary keys have in
// common: algorithms, curves, numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ssl_engine/base/der.h"
#include "ssl_engine/openssl/x509/x509_der.h"

namespace tlsplus::pkix {

/// A literal with its zeros.
template <std::size_t N>
constexpr std::string_view octets(const char (&text)[N]) noexcept {  // NOLINT(*-avoid-c-arrays)
  return {text, N - 1};
}
inline bool equal(ByteView bytes, std::string_view octets) noexcept {
  return as_text(bytes) == octets;
}

/// Content of the AlgorithmIdentifier rsaEncryption.
constexpr std::string_view kRsa = octets("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");

struct Curve {
  std::string_view oid;  // content
  KeyType kind;
  std::size_t field_bytes;
  std::uint16_t bits;
};
const Curve* curve_named(ByteView oid) noexcept;
/// The curve that an AlgorithmIdentifier's content names; null if it is not that of a known one.
const Curve* curve_of(ByteView algorithm) noexcept;
/// Uncompressed (SEC 1, 2.3.3).
bool is_point(ByteView point, const Curve& curve) noexcept;

/// A positive INTEGER's content without the octet that only carries the sign; empty if it is none.
ByteView magnitude_of(ByteView integer) noexcept;
/// The octets of a BIT STRING that has whole ones; empty otherwise.
ByteView bits_of(const std::optional<DerValue>& value) noexcept;
/// The next two INTEGERs if they are a usual RSA modulus and exponent, headers included; or empty.
ByteView rsa_numbers(DerReader& reader) noexcept;
/// Of what rsa_numbers() gave.
std::uint16_t rsa_bits(ByteView numbers) noexcept;

/// Content of an OBJECT IDENTIFIER (X.690 8.19): whole numbers in their shortest form.
bool is_oid(ByteView content) noexcept;
/// The SEQUENCE that takes up all of `bytes`.
std::optional<DerValue> only_sequence(ByteView bytes) noexcept;

}  // namespace tlsplus::pkix
