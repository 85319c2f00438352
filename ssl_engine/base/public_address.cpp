// SPDX-License-Identifier: Apache-2.0
//
// is_public(): a table of the networks that are not, after IANA's special-purpose registries.
#include "ssl_engine/base/public_address.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tlsplus {
namespace {

struct Network4 {
  std::array<Byte, 4> address;
  unsigned bits;
};
constexpr auto kSpecial4 = std::to_array<Network4>({
    {{0, 0, 0, 0}, 8},        // "this network": Linux takes 0.0.0.0 for itself
    {{10, 0, 0, 0}, 8},       // private
    {{100, 64, 0, 0}, 10},    // shared by carriers
    {{127, 0, 0, 0}, 8},      // loopback
    {{169, 254, 0, 0}, 16},   // link-local; clouds keep their secrets there
    {{172, 16, 0, 0}, 12},    // private
    {{192, 0, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2, 0}, 24},     // documentation
    {{192, 88, 99, 0}, 24},   // relays of 6to4
    {{192, 168, 0, 0}, 16},   // private
    {{198, 18, 0, 0}, 15},    // benchmarks
    {{198, 51, 100, 0}, 24},  // documentation
    {{203, 0, 113, 0}, 24},   // documentation
    {{224, 0, 0, 0}, 4},      // multicast
    {{240, 0, 0, 0}, 4},      // reserved, broadcast
});

struct Network6 {
  std::array<Byte, 16> address;
  unsigned bits;
};
// Of what is in 2000::/3, that is: the internet of IPv6 is nothing else.
constexpr auto kSpecial6 = std::to_array<Network6>({
    {{0x20, 0x01}, 23},              // protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x3f, 0xff}, 20},              // documentation
});

bool is_within(const Byte* address, const Byte* network, unsigned bits) noexcept {
  const unsigned octets = bits / 8;
  if (std::memcmp(address, network, octets) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<Byte>(0xff00U >> (bits % 8));
  return ((address[octets] ^ network[octets]) & mask) == 0;
}

bool is_public4(const Byte* address) noexcept {
  return std::none_of(kSpecial4.begin(), kSpecial4.end(), [&](const Network4& each) {
    return is_within(address, each.address.data(), each.bits);
  });
}

bool is_public6(const Byte* address) noexcept {
  constexpr std::array<Byte, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // RFC 4291
  constexpr std::array<Byte, 12> kNat64{0, 0x64, 0xff, 0x9b};                        // RFC 6052
  constexpr std::array<Byte, 2> k6to4{0x20, 0x02};                                   // RFC 3056
  if (is_within(address, kMapped.data(), 96) || is_within(address, kNat64.data(), 96)) {
    return is_public4(address + 12);
  }
  if (is_within(address, k6to4.data(), 16)) return is_public4(address + 2);
  constexpr Byte kUnicast = 0x20;
  if (!is_within(address, &kUnicast, 3)) return false;
  return std::none_of(kSpecial6.begin(), kSpecial6.end(), [&](const Network6& each) {
    return is_within(address, each.address.data(), each.bits);
  });
}

}  // namespace

bool is_public(const SocketAddress& address) noexcept {
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address.storage, sizeof four);
    return is_public4(reinterpret_cast<const Byte*>(&four.sin_addr));
  }
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address.storage, sizeof six);
    return is_public6(reinterpret_cast<const Byte*>(&six.sin6_addr));
  }
  return false;
}

}  // namespace tlsplus
