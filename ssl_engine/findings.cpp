// SPDX-License-Identifier: Apache-2.0
//
// Equal findings have the same id, place and evidence; the virtual hosts beyond the first are
// counted.
#include "ssl_engine/findings.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

std::string identity_of(const Error& error) {
  return text(error.id, '\n', error.where.directive, '\n', error.where.file, '\n', error.where.line,
              '\n', error.what);
}

}  // namespace

std::vector<Finding> Findings::take(std::span<const std::string> names) {
  std::ranges::stable_sort(entries_, {}, &Entry::host);
  std::vector<Finding> findings;
  std::vector<std::size_t> further_hosts;
  std::unordered_map<std::string, std::size_t> seen;
  for (Entry& entry : entries_) {
    const auto [known, is_new] = seen.emplace(identity_of(entry.error), findings.size());
    if (!is_new) {
      ++further_hosts[known->second];
      continue;
    }
    std::string name = entry.host < names.size() ? names[entry.host] : std::string();
    findings.push_back({std::move(entry.error), std::move(name)});
    further_hosts.push_back(0);
  }
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (further_hosts[i] == 0) continue;
    std::string& what = findings[i].error.what;
    what += text(what.empty() ? "" : "; ", "so for ", further_hosts[i], " more virtual host",
                 further_hosts[i] == 1 ? "" : "s");
  }
  entries_.clear();
  return findings;
}

}  // namespace tlsplus
