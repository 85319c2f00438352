// SPDX-License-Identifier: Apache-2.0
#include "ssl_engine/base/network_of.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace tlsplus {
namespace {

constexpr std::size_t kNetworkBytes = 8;
constexpr std::size_t kMappedPrefixBytes = 12;  // ::ffff:a.b.c.d (RFC 4291 2.5.5.2)

template <class Address>
std::string bytes_of(const Address& address, std::size_t from, std::size_t count) {
  std::string bytes(sizeof address, '\0');
  std::memcpy(bytes.data(), &address, sizeof address);
  return bytes.substr(from, count);
}

}  // namespace

std::string network_of(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));  // fe80::1%eth0
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return bytes_of(four, 0, sizeof four);
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return std::string(address);
  return IN6_IS_ADDR_V4MAPPED(&six) ? bytes_of(six, kMappedPrefixBytes, sizeof four)
                                    : bytes_of(six, 0, kNetworkBytes);
}

}  // namespace tlsplus
