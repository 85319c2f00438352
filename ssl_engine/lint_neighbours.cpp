// SPDX-License-Identifier: Apache-2.0
//
// Warnings only, and only where the lines leave little doubt: a rule that cries wolf is switched
// off.
#include "ssl_engine/lint_neighbours.h"

#include <algorithm>
#include <string_view>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using Host = NeighbourFacts::Host;

/// One directory holds the other.
bool overlap(std::string_view a, std::string_view b) noexcept {
  if (a.size() > b.size()) std::swap(a, b);
  if (!b.starts_with(a)) return false;
  return a.size() == b.size() || a.ends_with('/') || b[a.size()] == '/';
}

bool is_reached(const PasswordSection& section, const Host& host) noexcept {
  if (host.engine || host.redirects || host.is_local) return false;
  return section.directory.empty() || host.document_root.empty() ||
         overlap(section.directory, host.document_root);
}

/// The plain host on which the section asks for passwords; nullptr: none.
const Host* plain_host_of(const PasswordSection& section, const std::vector<Host>& hosts) {
  if (section.needs_tls) return nullptr;
  if (section.host) {
    const Host& host = hosts[*section.host];
    return is_reached(section, host) ? &host : nullptr;
  }
  const auto found = std::ranges::find_if(
      hosts, [&](const Host& host) { return host.is_virtual && is_reached(section, host); });
  return found == hosts.end() ? nullptr : &*found;
}

/// Whoever ends keep-alive for all clients means it.
bool is_about_msie(const BrowserRule& rule) {
  return rule.matches_current && to_lower(rule.pattern).find("msie") != std::string::npos;
}

}  // namespace

std::vector<Finding> lint_neighbours(const NeighbourFacts& facts) {
  std::vector<Finding> findings;
  if (std::ranges::none_of(facts.hosts, &Host::engine)) return findings;
  for (const PasswordSection& section : facts.passwords) {
    if (section.opened_by) {
      findings.push_back(
          {diagnose(Tp::require_ssl_opens, escape(section.section), *section.opened_by),
           section.host ? facts.hosts[*section.host].name : std::string()});
    }
    const Host* host = plain_host_of(section, facts.hosts);
    if (host == nullptr) continue;
    findings.push_back(
        {diagnose(Tp::password_in_clear, escape(section.section), section.where), host->name});
  }
  for (const BrowserRule& rule : facts.rules) {
    const bool hits_tls = !rule.host || facts.hosts[*rule.host].engine;
    if (!hits_tls || !is_about_msie(rule)) continue;
    findings.push_back({diagnose(Tp::keepalive_off_for_many, quote(rule.pattern), rule.where),
                        rule.host ? facts.hosts[*rule.host].name : std::string()});
  }
  return findings;
}

}  // namespace tlsplus
