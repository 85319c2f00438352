// SPDX-License-Identifier: Apache-2.0
//
// Who is counted as one client by its address: what a single customer of a provider is given.
#pragma once

#include <string>
#include <string_view>

namespace tlsplus {

/// A key to count clients by: the whole of an IPv4 address, mapped into IPv6 or not, and the first
/// 64 bits of any other IPv6 address, of which every host has the rest to choose from (RFC 4291
/// 2.5.4). `address` itself if it is neither.
std::string network_of(std::string_view address);

}  // namespace tlsplus
