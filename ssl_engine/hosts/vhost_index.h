// SPDX-License-Identifier: Apache-2.0
//
// VhostIndex: from address and name to the virtual host. For TLS to choose the host that HTTP will
// choose, the rule must be httpd's own: of the hosts of an address, the first in the order of the
// configuration whose ServerName or ServerAlias matches, exact or pattern alike. The order is kept
// beside every name, so the answer is found by hash and not by walking 10,000 hosts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tlsplus {

/// The names of the virtual hosts that share one address. Built once, then read by all threads.
class NameTable {
 public:
  /// Adds the next host in order: its ServerName and aliases; names with '*' or '?' are
  /// patterns (ap_strcasecmp_match semantics).
  void add_host(std::uint32_t host, const std::vector<std::string>& names);
  /// What stands in the host's <VirtualHost> line; counts where no ServerName or ServerAlias does.
  void add_address_name(std::uint32_t host, std::string_view name);

  /// The first host that names `name` (any case, a final dot ignored), nullopt if none does.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;

 private:
  using Order = std::uint32_t;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using OrderByName = std::unordered_map<std::string, Order, TextHash, std::equal_to<>>;

  void add_name(std::string name, Order order);
  [[nodiscard]] std::optional<std::uint32_t> find_address_name(std::string_view name) const;

  std::vector<std::uint32_t> hosts_;                     // by order
  OrderByName exact_;                                    // "a.example"
  OrderByName suffixes_;                                 // ".example" of "*.example"
  std::vector<std::pair<std::string, Order>> patterns_;  // anything else, in order
  OrderByName address_names_;                            // "a.example" of <VirtualHost a.example>
};

/// True if `pattern` ('*' any run, '?' any one character) matches all of `text`; both lower case.
bool matches_pattern(std::string_view text, std::string_view pattern) noexcept;

class VhostIndex {
 public:
  /// What httpd looks names up in: the list it keeps for an address and the port, or, where an
  /// address has one host alone and httpd keeps no list, that host. Such addresses have nothing in
  /// common, though httpd says the same of all of them.
  using Address = std::pair<const void*, std::uint16_t>;

  NameTable& table(const Address& address) { return tables_[address]; }
  /// Null if no virtual host is there.
  [[nodiscard]] const NameTable* find(const Address& address) const noexcept {
    const auto found = tables_.find(address);
    return found == tables_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool has(const Address& address) const noexcept { return find(address) != nullptr; }

 private:
  std::map<Address, NameTable> tables_;  // as many as addresses, not as hosts
};

}  // namespace tlsplus
