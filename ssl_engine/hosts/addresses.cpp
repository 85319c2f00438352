// SPDX-License-Identifier: Apache-2.0
//
// httpd takes the protocol from a Listen of just the same address and port: `Listen 443` makes
// <VirtualHost *:443> https and leaves <VirtualHost 10.0.0.1:443> alone, which it reaches all the
// same.
#include "ssl_engine/hosts/addresses.h"

#include <algorithm>
#include <string_view>

namespace tlsplus {
namespace {

bool is_same_address(std::string_view a, std::string_view b) noexcept {
  // "*" is two addresses, one of each family.
  return a == b || (a == "*" && is_any_address(b)) || (b == "*" && is_any_address(a));
}

}  // namespace

bool is_any_address(std::string_view host) noexcept {
  return host == "*" || host == "0.0.0.0" || host == "::";
}

Cover cover(const Listener& listener, const Endpoint& endpoint) noexcept {
  const bool same_port = listener.at.port == endpoint.port;
  if (!same_port && endpoint.port != 0) return Cover::none;
  if (is_same_address(listener.at.host, endpoint.host)) {
    return same_port ? Cover::same : Cover::reaches;
  }
  return is_any_address(listener.at.host) || is_any_address(endpoint.host) ? Cover::reaches
                                                                           : Cover::none;
}

bool reaches_any(const Listener& listener, std::span<const Endpoint> endpoints) noexcept {
  return std::ranges::any_of(endpoints, [&](const Endpoint& endpoint) {
    return cover(listener, endpoint) != Cover::none;
  });
}

const Listener* listener_of(std::span<const Endpoint> endpoints,
                            std::span<const Listener> listeners) noexcept {
  for (const Endpoint& endpoint : endpoints) {
    for (const Listener& listener : listeners) {
      if (cover(listener, endpoint) == Cover::same) return &listener;
    }
  }
  return nullptr;
}

}  // namespace tlsplus
