// SPDX-License-Identifier: Apache-2.0
//
// network_of(): who is counted as one client, by its address: what a single customer of a provider
// is given. The one answer for everything that is shared out among clients.
#pragma once

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

/// The part of `address` (4 or 16 octets, in network order) that clients are counted by: the whole
/// of an IPv4 address, mapped into IPv6 (a socket that takes both gives it so) or not, and the
/// first 64 bits of any other IPv6 address, of which every host has the rest to choose from (RFC
/// 4291 2.5.4). Anything else is returned as it is. Of `address`'s memory.
ByteView network_of(ByteView address) noexcept;

}  // namespace tlsplus
