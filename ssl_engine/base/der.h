// SPDX-License-Identifier: Apache-2.0
//
// DER value by value (X.690 10): one-octet tags and definite lengths in their shortest form, which
// is all that certificates and keys are made of. Whatever else is met ends the reading; nothing is
// copied, and nothing is read beyond the view.
#pragma once

#include <cstddef>
#include <optional>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

namespace der {
constexpr Byte kBoolean = 0x01;
constexpr Byte kInteger = 0x02;
constexpr Byte kBitString = 0x03;
constexpr Byte kOctetString = 0x04;
constexpr Byte kNull = 0x05;
constexpr Byte kOid = 0x06;
constexpr Byte kUtf8String = 0x0c;
constexpr Byte kPrintableString = 0x13;
constexpr Byte kIa5String = 0x16;
constexpr Byte kUtcTime = 0x17;
constexpr Byte kGeneralizedTime = 0x18;
constexpr Byte kSequence = 0x30;
constexpr Byte kSet = 0x31;
/// [n], with other values in it or with octets.
constexpr Byte constructed(unsigned n) noexcept {
  return static_cast<Byte>(0xa0U | n);
}
constexpr Byte primitive(unsigned n) noexcept {
  return static_cast<Byte>(0x80U | n);
}
}  // namespace der

struct DerValue {
  Byte tag = 0;
  ByteView content;
  ByteView whole;  // tag and length included
};

class DerReader {
 public:
  explicit DerReader(ByteView bytes) noexcept : rest_(bytes) {}

  /// Everything was read. Never so after something that is no DER.
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  /// The next value; nullopt at the end, or if what follows is not a whole value.
  std::optional<DerValue> next() noexcept {
    constexpr Byte kLongTag = 0x1f;
    constexpr Byte kLongLength = 0x80;
    if (rest_.size() < 2 || (rest_[0] & kLongTag) == kLongTag) return std::nullopt;
    std::size_t header = 2;
    std::size_t size = rest_[1];
    if (size >= kLongLength) {
      const std::size_t digits = size - kLongLength;
      if (digits == 0 || digits > 3 || rest_.size() < header + digits) return std::nullopt;
      size = 0;
      for (std::size_t i = 0; i < digits; ++i) size = size << 8U | rest_[header + i];
      header += digits;
      if (size < kLongLength || size >> (8U * (digits - 1)) == 0) return std::nullopt;
    }
    if (rest_.size() - header < size) return std::nullopt;
    const DerValue value{rest_[0], rest_.subspan(header, size), rest_.first(header + size)};
    rest_ = rest_.subspan(header + size);
    return value;
  }

  /// The next value if it has this tag; otherwise nothing is consumed.
  std::optional<DerValue> next(Byte tag) noexcept {
    if (rest_.empty() || rest_[0] != tag) return std::nullopt;
    return next();
  }

 private:
  ByteView rest_;
};

}  // namespace tlsplus
