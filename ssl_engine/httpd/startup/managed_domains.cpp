// SPDX-License-Identifier: Apache-2.0
//
// ManagedDomains: the forms of the lines in which mod_md is told of domains. `MDomain NAME...
// [auto|manual]`, or a section <MDomainSet NAME...> (in newer versions <MDomain>) with MDMember
// lines in it.
#include "ssl_engine/httpd/startup/managed_domains.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/vhost_index.h"

namespace tlsplus {
namespace {

bool names_domains(std::string_view directive) noexcept {
  return equals_ignoring_case(directive, "MDomain") ||
         equals_ignoring_case(directive, "<MDomain") ||
         equals_ignoring_case(directive, "<MDomainSet") ||
         equals_ignoring_case(directive, "MDMember") ||
         equals_ignoring_case(directive, "MDMembers");
}

std::span<const char* const> entries_of(const apr_array_header_t* names) noexcept {
  if (names == nullptr) return {};
  return {reinterpret_cast<const char* const*>(names->elts),
          static_cast<std::size_t>(names->nelts)};
}

/// "*.example.com" stands for one label before ".example.com".
bool is_below(std::string_view name, std::string_view wildcard) noexcept {
  const auto dot = name.find('.');
  return wildcard.starts_with("*.") && dot != std::string_view::npos &&
         name.substr(dot) == wildcard.substr(1);
}

}  // namespace

ManagedDomains::ManagedDomains(apr_pool_t* scratch) {
  walk(ap_conftree, scratch);
}

void ManagedDomains::walk(const ap_directive_t* line, apr_pool_t* scratch) {
  for (; line != nullptr; line = line->next) {
    if (names_domains(line->directive)) {
      const char* rest = line->args == nullptr ? "" : line->args;
      while (*rest != '\0') add(ap_getword_conf(scratch, &rest));
    }
    walk(line->first_child, scratch);
  }
}

void ManagedDomains::add(std::string name) {
  if (name.ends_with('>')) name.pop_back();
  if (!name.empty()) names_.push_back(to_lower(name));
}

bool ManagedDomains::cover(const server_rec& server) const {
  const std::string host =
      to_lower(server.server_hostname == nullptr ? "" : server.server_hostname);
  return std::ranges::any_of(names_, [&](const std::string& name) {
    if (name == host || is_below(host, name)) return true;
    const auto exact = entries_of(server.names);
    const auto wild = entries_of(server.wild_names);
    return std::ranges::any_of(exact, [&](const char* alias) { return to_lower(alias) == name; }) ||
           std::ranges::any_of(
               wild, [&](const char* alias) { return matches_pattern(name, to_lower(alias)); });
  });
}

}  // namespace tlsplus
