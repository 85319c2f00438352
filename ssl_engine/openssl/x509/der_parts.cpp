// SPDX-License-Identifier: Apache-2.0
//
// curve_named(), rsa_numbers() and their kin: what is usual. Sizes outside the usual are left to
// OpenSSL, which has its own verdict for each security level.
#include "ssl_engine/openssl/x509/der_parts.h"

#include <algorithm>
#include <array>

namespace tlsplus::pkix {
namespace {

constexpr std::size_t kSmallestRsaBytes = 256;
constexpr std::size_t kLargestRsaBytes = 1024;
constexpr std::size_t kLargestExponentBytes = 4;

constexpr std::string_view kEcKey = octets("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01");
constexpr auto kCurves = std::to_array<Curve>({
    {octets("\x2a\x86\x48\xce\x3d\x03\x01\x07"), KeyType::p256, 32, 256},
    {octets("\x2b\x81\x04\x00\x22"), KeyType::p384, 48, 384},
    {octets("\x2b\x81\x04\x00\x23"), KeyType::p521, 66, 521},
});

}  // namespace

const Curve* curve_named(ByteView oid) noexcept {
  const auto* const found = std::find_if(kCurves.begin(), kCurves.end(),
                                         [&](const Curve& c) { return equal(oid, c.oid); });
  return found == kCurves.end() ? nullptr : found;
}

const Curve* curve_of(ByteView algorithm) noexcept {
  if (!as_text(algorithm).starts_with(kEcKey)) return nullptr;
  DerReader rest(algorithm.subspan(kEcKey.size()));
  const auto named = rest.next(der::kOid);
  return named && rest.at_end() ? curve_named(named->content) : nullptr;
}

ByteView magnitude_of(ByteView integer) noexcept {
  constexpr Byte kSign = 0x80;
  if (integer.empty() || (integer[0] & kSign) != 0) return {};
  if (integer[0] != 0) return integer;
  return integer.size() > 1 && (integer[1] & kSign) != 0 ? integer.subspan(1) : ByteView{};
}

bool is_point(ByteView point, const Curve& curve) noexcept {
  constexpr Byte kUncompressed = 0x04;
  return point.size() == 1 + 2 * curve.field_bytes && point[0] == kUncompressed;
}

ByteView bits_of(const std::optional<DerValue>& value) noexcept {
  if (!value || value->content.size() < 2 || value->content[0] != 0) return {};
  return value->content.subspan(1);
}

ByteView rsa_numbers(DerReader& reader) noexcept {
  const auto modulus = reader.next(der::kInteger);
  const auto exponent = modulus ? reader.next(der::kInteger) : std::nullopt;
  if (!exponent) return {};
  const ByteView n = magnitude_of(modulus->content);
  const ByteView e = magnitude_of(exponent->content);
  const bool is_usual = n.size() >= kSmallestRsaBytes && n.size() <= kLargestRsaBytes &&
                        (n.back() & 1U) != 0 && !e.empty() && e.size() <= kLargestExponentBytes &&
                        (e.back() & 1U) != 0 && !(e.size() == 1 && e[0] == 1);
  if (!is_usual) return {};
  return {modulus->whole.data(), modulus->whole.size() + exponent->whole.size()};
}

std::uint16_t rsa_bits(ByteView numbers) noexcept {
  DerReader reader(numbers);
  const ByteView n = magnitude_of(reader.next()->content);
  unsigned leading = 0;
  while ((n[0] >> (7U - leading) & 1U) == 0) ++leading;
  return static_cast<std::uint16_t>(n.size() * 8 - leading);
}

bool is_oid(ByteView content) noexcept {
  constexpr Byte kGoesOn = 0x80;
  if (content.empty() || (content.back() & kGoesOn) != 0) return false;
  bool begins = true;
  for (const Byte octet : content) {
    if (begins && octet == kGoesOn) return false;
    begins = (octet & kGoesOn) == 0;
  }
  return true;
}

std::optional<DerValue> only_sequence(ByteView bytes) noexcept {
  DerReader reader(bytes);
  const auto sequence = reader.next(der::kSequence);
  return sequence && reader.at_end() ? sequence : std::nullopt;
}

}  // namespace tlsplus::pkix
