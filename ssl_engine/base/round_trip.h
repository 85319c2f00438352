// SPDX-License-Identifier: Apache-2.0
//
// shortest_round_trip(): how far away a peer is, by the kernel's own measure (tcp(7), TCP_INFO).
#pragma once

#include <chrono>
#include <optional>

namespace tlsplus {

/// The shortest round trip to the peer of the connected TCP socket `descriptor` so far. Empty: it
/// is no TCP socket, nothing was acknowledged yet, or this system does not tell.
std::optional<std::chrono::microseconds> shortest_round_trip(int descriptor) noexcept;

}  // namespace tlsplus
