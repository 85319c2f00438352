// SPDX-License-Identifier: Apache-2.0
//
// certificate_units(): one walk over the hosts, which are told apart by what they name and by what
// their certificates are held against.
#include "ssl_engine/reload/certificate_units.h"

#include <algorithm>
#include <unordered_map>

#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

/// Empty: it is in no unit.
std::string kind_of(const Host& host, const std::vector<std::string_view>& sources) {
  if (!host.engine || sources.empty() || std::ranges::any_of(sources, is_token_uri)) return {};
  std::string kind = text(reinterpret_cast<std::uintptr_t>(host.policy.get()), ' ',
                          reinterpret_cast<std::uintptr_t>(host.context), ' ',
                          reinterpret_cast<std::uintptr_t>(host.trust.get()));
  for (const std::string_view source : sources) kind += text('\n', source);
  return kind;
}

}  // namespace

std::vector<CertificateUnit> certificate_units(const BuildInput& input, const Snapshot& snapshot) {
  std::vector<CertificateUnit> units;
  std::unordered_map<std::string, std::size_t> known;
  for (const Host& host : snapshot.hosts()) {
    const ConfiguredHost configured{&input.hosts[host.index], host.index};
    const auto sources = certificate_sources_of(configured);
    std::string kind = kind_of(host, sources);
    if (kind.empty()) continue;
    const auto [at, is_new] = known.try_emplace(std::move(kind), units.size());
    if (is_new) units.push_back({{}, {sources.begin(), sources.end()}});
    units[at->second].hosts.push_back(host.index);
  }
  return units;
}

std::string names_of(const CertificateUnit& unit, const Snapshot& snapshot) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < unit.hosts.size() && i < kShown; ++i) {
    names.push_back(escape(snapshot.host(unit.hosts[i]).name));
  }
  std::string shown = join(names, ", ");
  if (unit.hosts.size() > kShown) shown += text(" and ", unit.hosts.size() - kShown, " more");
  return shown;
}

}  // namespace tlsplus
