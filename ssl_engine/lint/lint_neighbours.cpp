// SPDX-License-Identifier: Apache-2.0
//
// lint_neighbours(): what the lines of other modules come to. Warnings only, and only where the
// lines leave little doubt: a rule that cries wolf is switched off.
#include "ssl_engine/lint/lint_neighbours.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/addresses.h"
#include "ssl_engine/messages/findings.h"

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

/// The name and the port (443 if none) of an https URL; empty if it is none.
std::pair<std::string, std::uint16_t> target_of(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!starts_with_ignoring_case(url, kScheme)) return {};
  url.remove_prefix(kScheme.size());
  const std::string_view authority = url.substr(0, url.find('/'));
  const auto colon = authority.find(':');
  std::uint16_t port = kHttpsPort;
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) return {};
  }
  return {to_lower(authority.substr(0, colon)), port};
}

/// All of a TLS host, sent to an address of its own.
bool leads_to_itself(const Redirection& redirection, const Host& host) {
  if (!host.engine || redirection.path != "/") return false;
  const auto [name, port] = target_of(redirection.url);
  const bool has_port = std::ranges::any_of(
      host.ports, [port = port](std::uint16_t own) { return own == 0 || own == port; });
  return has_port && std::ranges::any_of(host.names, [&name = name](const std::string& own) {
           return to_lower(own) == name;
         });
}

/// Whoever ends keep-alive for all clients means it.
bool is_about_msie(const BrowserRule& rule) {
  return rule.matches_current && to_lower(rule.pattern).find("msie") != std::string::npos;
}

}  // namespace

std::vector<Finding> lint_neighbours(const NeighbourFacts& facts) {
  if (std::ranges::none_of(facts.hosts, &Host::engine)) return {};
  std::vector<std::string> names;
  for (const Host& host : facts.hosts) names.push_back(host.name);
  Findings findings;
  const auto add = [&](std::optional<std::uint32_t> host, Error error) {
    host ? findings.add(*host, std::move(error)) : findings.add(std::move(error));
  };
  for (const PasswordSection& section : facts.passwords) {
    if (section.opened_by) {
      add(section.host,
          diagnose(Tp::require_ssl_opens, escape(section.section), *section.opened_by));
    }
    const Host* host = plain_host_of(section, facts.hosts);
    if (host == nullptr) continue;
    findings.add(static_cast<std::uint32_t>(host - facts.hosts.data()),
                 diagnose(Tp::password_in_clear, escape(section.section), section.where));
  }
  for (const BrowserRule& rule : facts.rules) {
    const bool hits_tls = !rule.host || facts.hosts[*rule.host].engine;
    if (!hits_tls || !is_about_msie(rule)) continue;
    add(rule.host, diagnose(Tp::keepalive_off_for_many, quote(rule.pattern), rule.where));
  }
  for (const Redirection& redirection : facts.redirections) {
    if (!leads_to_itself(redirection, facts.hosts[redirection.host])) continue;
    findings.add(redirection.host,
                 diagnose(Tp::redirect_to_itself, quote(redirection.url), redirection.where));
  }
  for (const Where& where : facts.h2_without_module) {
    findings.add(diagnose(Tp::h2_without_module, {}, where));
  }
  return findings.take(names);
}

}  // namespace tlsplus
