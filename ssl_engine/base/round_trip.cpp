// SPDX-License-Identifier: Apache-2.0
//
// shortest_round_trip(): the kernel's minimum and not its average. Other samples have the peer's
// thinking time in them, and the first above all where the kernel defers accept(2) until there are
// bytes.
#include "ssl_engine/base/round_trip.h"

#ifdef __linux__
#include <linux/tcp.h>  // glibc's has no tcpi_min_rtt, and the two cannot be included together
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include <cstddef>
#include <cstdint>
#include <limits>

namespace tlsplus {

std::optional<std::chrono::microseconds> shortest_round_trip(int descriptor) noexcept {
#ifdef __linux__
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      size < offsetof(tcp_info, tcpi_min_rtt) + sizeof(info.tcpi_min_rtt) ||
      info.tcpi_min_rtt == std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return std::chrono::microseconds(info.tcpi_min_rtt);
#else
  (void)descriptor;
  return std::nullopt;
#endif
}

}  // namespace tlsplus
