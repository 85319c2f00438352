// SPDX-License-Identifier: Apache-2.0
//
// network_of(): an IPv4 address is a client, and so is a whole /64 of IPv6. An IPv4 address that
// came in the clothes of IPv6 (RFC 4291 2.5.5.2) is what it was.
#include "ssl_engine/base/network_of.h"

#include <algorithm>
#include <iterator>

namespace tlsplus {
namespace {

constexpr std::size_t kIPv6Bytes = 16;
constexpr std::size_t kNetworkBytes = 8;
constexpr Byte kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // RFC 4291 2.5.5.2

}  // namespace

ByteView network_of(ByteView address) noexcept {
  if (address.size() != kIPv6Bytes) return address;
  const bool is_mapped = std::equal(std::begin(kMapped), std::end(kMapped), address.begin());
  return is_mapped ? address.subspan(std::size(kMapped)) : address.first(kNetworkBytes);
}

}  // namespace tlsplus
