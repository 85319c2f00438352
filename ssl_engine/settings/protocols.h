// SPDX-License-Identifier: Apache-2.0
//
// ProtocolSet: a set of TLS versions: what SSLProtocol's words select, and the gap-free range that
// can be served from it (a server states a minimum and a maximum, RFC 8446 4.2.1 and D).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ssl_engine/base/result.h"

namespace tlsplus {

enum class Protocol : std::uint8_t { ssl3, tls1_0, tls1_1, tls1_2, tls1_3 };
constexpr auto kProtocols = std::to_array<Protocol>(
    {Protocol::ssl3, Protocol::tls1_0, Protocol::tls1_1, Protocol::tls1_2, Protocol::tls1_3});
constexpr auto kNewestFirst = [] {
  auto protocols = kProtocols;
  std::reverse(protocols.begin(), protocols.end());
  return protocols;
}();

/// The name as SSLProtocol and SSL_PROTOCOL spell it: "TLSv1.2".
std::string_view name_of(Protocol protocol) noexcept;
/// Case does not matter; nullopt if no version has that name.
std::optional<Protocol> protocol_named(std::string_view name) noexcept;
/// The wire's number, 0x0303 for TLS 1.2 (RFC 8446 4.2.1).
std::uint16_t wire_version(Protocol protocol) noexcept;

class ProtocolSet {
 public:
  constexpr ProtocolSet() = default;
  constexpr void add(Protocol p) noexcept { bits_ |= bit(p); }
  constexpr void remove(Protocol p) noexcept { bits_ &= static_cast<std::uint8_t>(~bit(p)); }
  [[nodiscard]] constexpr bool has(Protocol p) const noexcept { return (bits_ & bit(p)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr void add(ProtocolSet others) noexcept { bits_ |= others.bits_; }
  constexpr void remove(ProtocolSet others) noexcept {
    bits_ &= static_cast<std::uint8_t>(~others.bits_);
  }
  friend constexpr bool operator==(ProtocolSet, ProtocolSet) = default;

 private:
  static constexpr std::uint8_t bit(Protocol p) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(p));
  }
  std::uint8_t bits_ = 0;
};

/// A line of SSLProtocol after evaluation.
struct ProtocolSelection {
  ProtocolSet versions;
  friend bool operator==(const ProtocolSelection&, const ProtocolSelection&) = default;
};

/// What a server can really offer: every version from `lowest` to `highest`.
struct ProtocolRange {
  Protocol lowest = Protocol::tls1_0;
  Protocol highest = Protocol::tls1_3;
  friend bool operator==(const ProtocolRange&, const ProtocolRange&) = default;
};

/// The highest selected version and downward from it to the first gap; nullopt if the set is
/// empty. `dropped`, if given, receives the selected versions below the gap.
std::optional<ProtocolRange> gap_free(ProtocolSet versions,
                                      ProtocolSet* dropped = nullptr) noexcept;

/// Every version this OpenSSL was built with, but SSLv3: the default and "all".
ProtocolSet default_protocols() noexcept;
/// The names of `versions`, oldest first, with `separator` in between.
std::string names_of(ProtocolSet versions, std::string_view separator);
/// True if this OpenSSL was built with that version at all.
bool is_built_in(Protocol protocol) noexcept;

}  // namespace tlsplus
