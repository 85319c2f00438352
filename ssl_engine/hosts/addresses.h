// SPDX-License-Identifier: Apache-2.0
//
// Listen lines and the addresses of virtual hosts, and the one answer to how they meet. Ports alone
// say nothing: 10.0.0.1:443 may be another's than 10.0.0.2:443.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/error.h"

namespace tlsplus {

/// A Listen line. Its Endpoint, and those of a virtual host, are in numbers: "*" is any address, of
/// either family, and 0 any port.
struct Listener {
  Endpoint at;
  std::string protocol;  // "http", "https", ...
  Where where{};         // no file: which line it is cannot be told
};

enum class Cover {
  none,
  reaches,  // a connection that comes in there may be for that host
  same      // and the Listen says which protocol the host speaks (httpd's ap_setup_listeners)
};

[[nodiscard]] Cover cover(const Listener& listener, const Endpoint& endpoint) noexcept;

/// True if a connection to `listener` may be for a host with these addresses.
[[nodiscard]] bool reaches_any(const Listener& listener,
                               std::span<const Endpoint> endpoints) noexcept;

/// The Listen that says which protocol the host speaks; null if none does.
[[nodiscard]] const Listener* listener_of(std::span<const Endpoint> endpoints,
                                          std::span<const Listener> listeners) noexcept;

/// True of "*" and of the addresses that stand for all of their family.
[[nodiscard]] bool is_any_address(std::string_view host) noexcept;

}  // namespace tlsplus
