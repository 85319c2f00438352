// SPDX-License-Identifier: Apache-2.0
//
// is_public(): whether an address is one of the internet at large. Whoever connects to where a
// stranger says asks here first, or the stranger reaches through us what only we can reach.
#pragma once

#include "ssl_engine/base/tcp.h"

namespace tlsplus {

/// False for this machine, private and link-local networks, multicast, documentation and what else
/// IANA has reserved (RFC 6890 and its registries); an IPv4 address inside an IPv6 one is looked at
/// as what it is. False for another family.
bool is_public(const SocketAddress& address) noexcept;

}  // namespace tlsplus
