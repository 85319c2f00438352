// SPDX-License-Identifier: Apache-2.0
//
// VhostIndex, NameTable: names found by hash. One look-up for the exact name and one for each dot
// in it. Patterns other than "*.suffix" are rare and are walked.
#include "ssl_engine/hosts/vhost_index.h"

#include <algorithm>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMaxNameBytes = 255;  // RFC 1035 2.3.4

bool is_pattern(std::string_view name) noexcept {
  return name.find_first_of("*?") != std::string_view::npos;
}

}  // namespace

bool matches_pattern(std::string_view text, std::string_view pattern) noexcept {
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t retry_at = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      retry_at = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      t = ++retry_at;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

void NameTable::add_host(std::uint32_t host, const std::vector<std::string>& names) {
  const auto order = static_cast<Order>(hosts_.size());
  hosts_.push_back(host);
  for (const auto& name : names) add_name(to_lower(name), order);
}

void NameTable::add_name(std::string name, Order order) {
  if (!is_pattern(name)) {
    exact_.try_emplace(std::move(name), order);
  } else if (name.starts_with("*.") && !is_pattern(std::string_view(name).substr(1))) {
    suffixes_.try_emplace(name.substr(1), order);
  } else {
    patterns_.emplace_back(std::move(name), order);
  }
}

void NameTable::add_address_name(std::uint32_t host, std::string_view name) {
  const auto known = std::ranges::find(hosts_, host);
  if (known == hosts_.end()) return;
  const auto order = static_cast<Order>(known - hosts_.begin());
  Order& first = address_names_.try_emplace(to_lower(name), order).first->second;
  first = std::min(first, order);
}

std::optional<std::uint32_t> NameTable::find_address_name(std::string_view name) const {
  const auto found = address_names_.find(name);
  if (found == address_names_.end()) return std::nullopt;
  return hosts_[found->second];
}

std::optional<std::uint32_t> NameTable::find(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kMaxNameBytes) return std::nullopt;
  const std::string wanted = to_lower(name);
  auto first = static_cast<Order>(hosts_.size());
  const auto consider = [&](const OrderByName& names, std::string_view key) {
    if (const auto found = names.find(key); found != names.end()) {
      first = std::min(first, found->second);
    }
  };
  consider(exact_, wanted);
  if (!suffixes_.empty()) {
    for (auto dot = wanted.find('.'); dot != std::string::npos; dot = wanted.find('.', dot + 1)) {
      consider(suffixes_, std::string_view(wanted).substr(dot));
    }
  }
  for (const auto& [pattern, order] : patterns_) {
    if (order >= first) break;
    if (matches_pattern(wanted, pattern)) first = order;
  }
  if (first == hosts_.size()) return find_address_name(wanted);
  return hosts_[first];
}

}  // namespace tlsplus
