// SPDX-License-Identifier: Apache-2.0
//
// read_certificate_der(): strict where OpenSSL is strict, and narrower where that saves thought.
#include "ssl_engine/openssl/x509/x509_der.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "ssl_engine/openssl/x509/der_parts.h"
#include "ssl_engine/openssl/x509/x509_der_extensions.h"

namespace tlsplus {
namespace {

using namespace pkix;

constexpr auto kSignatures = std::to_array<std::string_view>({
    octets("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"),              // ecdsa-with-SHA256
    octets("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"),              // ecdsa-with-SHA384
    octets("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"),  // sha256WithRSAEncryption
    octets("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"),  // sha384WithRSAEncryption
});

int two_digits(std::string_view digits, std::size_t at) noexcept {
  return (digits[at] - '0') * 10 + digits[at + 1] - '0';
}

// RFC 5280 4.1.2.5: to the second, in UTC.
std::optional<std::int64_t> time_of(const std::optional<DerValue>& value) noexcept {
  if (!value) return std::nullopt;
  std::string_view digits = as_text(value->content);
  if (!digits.ends_with('Z')) return std::nullopt;
  digits.remove_suffix(1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  int year = 0;
  if (value->tag == der::kUtcTime && digits.size() == 12) {
    constexpr int kPivot = 50;
    year = two_digits(digits, 0);
    year += year < kPivot ? 2000 : 1900;
    digits.remove_prefix(2);
  } else if (value->tag == der::kGeneralizedTime && digits.size() == 14) {
    year = two_digits(digits, 0) * 100 + two_digits(digits, 2);
    digits.remove_prefix(4);
  } else {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(two_digits(digits, 0))),
      std::chrono::day(static_cast<unsigned>(two_digits(digits, 2)))};
  const int hour = two_digits(digits, 4);
  const int minute = two_digits(digits, 6);
  const int second = two_digits(digits, 8);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

// One attribute to each relative name, in printable ASCII, which every string type of names spells
// alike. `letters` gets what tells names apart for OpenSSL, and a little less (RFC 5280 7.1:
// neither case nor spaces count).
bool is_plain_name(ByteView content, std::size_t& letters) noexcept {
  constexpr Byte kSpace = 0x20;
  constexpr Byte kLast = 0x7e;
  DerReader names(content);
  while (const auto set = names.next(der::kSet)) {
    DerReader attributes(set->content);
    const auto attribute = attributes.next(der::kSequence);
    if (!attribute || !attributes.at_end()) return false;
    DerReader parts(attribute->content);
    const auto type = parts.next(der::kOid);
    const auto value = type ? parts.next() : std::nullopt;
    if (!value || !is_oid(type->content) || !parts.at_end()) return false;
    if (value->tag != der::kUtf8String && value->tag != der::kPrintableString &&
        value->tag != der::kIa5String) {
      return false;
    }
    if (value->content.empty()) return false;
    for (const Byte c : value->content) {
      if (c < kSpace || c > kLast) return false;
      if (c != kSpace) letters = letters * 31 + (c | kSpace);
    }
  }
  return names.at_end();
}

bool take_public_key(ByteView content, CertificateFields& look) noexcept {
  DerReader parts(content);
  const auto algorithm = parts.next(der::kSequence);
  const ByteView bits = algorithm ? bits_of(parts.next(der::kBitString)) : ByteView{};
  if (bits.empty() || !parts.at_end()) return false;
  if (const Curve* curve = curve_of(algorithm->content)) {
    look.key = curve->kind;
    look.key_bits = curve->bits;
    look.public_key = bits;
    return is_point(bits, *curve);
  }
  if (!equal(algorithm->content, kRsa)) return false;
  DerReader outer(bits);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence || !outer.at_end()) return false;
  DerReader numbers(sequence->content);
  look.public_key = rsa_numbers(numbers);
  if (look.public_key.empty() || !numbers.at_end()) return false;
  look.key = KeyType::rsa;
  look.key_bits = rsa_bits(look.public_key);
  return true;
}

bool is_serial(const std::optional<DerValue>& value) noexcept {
  constexpr std::size_t kMost = 20;  // RFC 5280 4.1.2.2
  return value && value->content.size() <= kMost && !magnitude_of(value->content).empty();
}

bool take_body(ByteView content, CertificateFields& look) noexcept {
  DerReader body(content);
  const auto version = body.next(der::constructed(0));
  if (!version || !equal(version->content, octets("\x02\x01\x02"))) return false;
  if (!is_serial(body.next(der::kInteger))) return false;
  const auto algorithm = body.next(der::kSequence);
  const auto issuer = algorithm ? body.next(der::kSequence) : std::nullopt;
  const auto validity = issuer ? body.next(der::kSequence) : std::nullopt;
  const auto subject = validity ? body.next(der::kSequence) : std::nullopt;
  const auto key = subject ? body.next(der::kSequence) : std::nullopt;
  const auto tagged = key ? body.next(der::constructed(3)) : std::nullopt;
  if (!tagged || !body.at_end()) return false;
  look.signature_algorithm = algorithm->content;
  look.issuer = issuer->whole;
  look.subject = subject->whole;
  std::size_t issuer_letters = 0;
  std::size_t subject_letters = 0;
  if (!is_plain_name(issuer->content, issuer_letters) ||
      !is_plain_name(subject->content, subject_letters)) {
    return false;
  }
  look.is_self_issued = std::ranges::equal(look.issuer, look.subject);
  // Spelt differently, and perhaps the same name.
  if (!look.is_self_issued && issuer_letters == subject_letters) return false;
  DerReader times(validity->content);
  const auto begin = time_of(times.next());
  const auto end = begin ? time_of(times.next()) : std::nullopt;
  if (!end || !times.at_end()) return false;
  look.not_before = *begin;
  look.not_after = *end;
  DerReader wrapped(tagged->content);
  const auto extensions = wrapped.next(der::kSequence);
  return extensions && wrapped.at_end() && take_public_key(key->content, look) &&
         take_extensions(extensions->content, look);
}

}  // namespace

std::optional<CertificateFields> read_certificate_der(ByteView der) noexcept {
  const auto certificate = only_sequence(der);
  if (!certificate) return std::nullopt;
  DerReader parts(certificate->content);
  const auto body = parts.next(der::kSequence);
  const auto algorithm = body ? parts.next(der::kSequence) : std::nullopt;
  const ByteView signature = algorithm ? bits_of(parts.next(der::kBitString)) : ByteView{};
  if (signature.empty() || !parts.at_end()) return std::nullopt;
  const bool is_known = std::ranges::any_of(
      kSignatures, [&](std::string_view known) { return equal(algorithm->content, known); });
  CertificateFields look;
  if (!is_known || !take_body(body->content, look)) return std::nullopt;
  if (!std::ranges::equal(look.signature_algorithm, algorithm->content)) return std::nullopt;
  return look;
}

std::string_view type_name(KeyType kind) noexcept {
  return kind == KeyType::rsa ? "RSA" : "EC";
}

}  // namespace tlsplus
