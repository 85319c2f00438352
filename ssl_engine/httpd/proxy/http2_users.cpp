// SPDX-License-Identifier: Apache-2.0
//
// any_other_http2_user(): the settings that requests of a server can have are its own and those of
// <Proxy> sections, its own and the main server's, which it inherits.
#include "ssl_engine/httpd/proxy/http2_users.h"

#include <algorithm>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/module.h"

namespace tlsplus {
namespace {

/// False if no request that goes on by HTTP/2 can have the settings of that section: it begins with
/// another scheme. A balancer may have any members.
bool may_match_http2(const ap_directive_t& section) noexcept {
  if (!equals_ignoring_case(section.directive, "<Proxy")) return true;
  std::string_view url = section.args == nullptr ? "" : section.args;
  url = trim(url);
  if (url.starts_with('"') || url.starts_with('\'')) url.remove_prefix(1);
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos) return true;
  const std::string_view scheme = url.substr(0, end);
  if (scheme.empty() || scheme.find_first_of("*?[~") != std::string_view::npos) return true;
  return equals_ignoring_case(scheme, "h2") || equals_ignoring_case(scheme, "h2c") ||
         equals_ignoring_case(scheme, "balancer");
}

}  // namespace

bool any_other_http2_user(const Generation& generation, const Snapshot& snapshot,
                          const server_rec& server, const ProxyTls& settings) noexcept {
  const auto is_other = [&](const ProxySlot* slot) {
    if (slot == nullptr || !slot->index) return false;
    if (slot->section != nullptr && !may_match_http2(*slot->section)) return false;
    const ProxyTls& proxy = snapshot.proxy(*slot->index);
    return proxy.context != nullptr && proxy.digest != settings.digest;
  };
  const auto has_other = [&](const server_rec& each) {
    const auto& sections = slot_of(each).proxy_sections;
    return is_other(slot_of(each.lookup_defaults).proxy) ||
           std::any_of(sections.begin(), sections.end(), is_other);
  };
  if (generation.shares_http2_backends) {
    return std::ranges::any_of(generation.servers,
                               [&](const server_rec* each) { return has_other(*each); });
  }
  const auto& of_all = slot_of(*generation.servers.front()).proxy_sections;
  return has_other(server) || std::any_of(of_all.begin(), of_all.end(), is_other);
}

}  // namespace tlsplus
