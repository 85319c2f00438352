// SPDX-License-Identifier: Apache-2.0
//
// The virtual hosts, read out of httpd. The address tables of httpd's vhost.c are private, but what
// they say about a connection is not: each address is asked about through a conn_rec that has
// nothing but that address.
#include "ssl_engine/httpd/startup/virtual_hosts.h"

#include <algorithm>
#include <set>
#include <span>
#include <unordered_map>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/addresses.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/startup/config.h"
#include "ssl_engine/httpd/startup/line_tree.h"

namespace tlsplus {
namespace {

void append_names(const apr_array_header_t* names, std::vector<std::string>& to) {
  if (names == nullptr) return;
  const std::span entries(reinterpret_cast<const char* const*>(names->elts),
                          static_cast<std::size_t>(names->nelts));
  to.insert(to.end(), entries.begin(), entries.end());
}

std::vector<std::string> aliases_of(const server_rec& server) {
  std::vector<std::string> aliases;
  append_names(server.names, aliases);
  append_names(server.wild_names, aliases);
  return aliases;
}

/// True of `<VirtualHost *>` and `<VirtualHost _default_>`.
bool is_any(const server_addr_rec& address) noexcept {
  const std::string_view host = address.virthost == nullptr ? "*" : address.virthost;
  return host == "*" || equals_ignoring_case(host, "_default_");
}

std::string numbers_of(apr_sockaddr_t* address) {
  char* ip = nullptr;
  return address != nullptr && apr_sockaddr_ip_get(&ip, address) == APR_SUCCESS ? ip : "*";
}

Endpoint endpoint_of(const server_addr_rec& address) {
  return {is_any(address) ? "*" : numbers_of(address.host_addr),
          static_cast<std::uint16_t>(address.host_port)};
}

/// The line with that address, or the only one for its port: a name may stand for the address, or
/// none.
Where listen_line_of(const Endpoint& at) {
  std::vector<Lines> for_port;
  for (Lines line = ap_conftree; line != nullptr; line = line->next) {
    if (!is(line, "Listen") || line->args == nullptr) continue;
    const auto arguments = words(line->args);
    const std::string_view word = arguments.empty() ? std::string_view() : arguments.front();
    if (word == text_of(at)) return place_of(line);
    const auto colon = word.rfind(':');
    if (word.substr(colon == std::string_view::npos ? 0 : colon + 1) == std::to_string(at.port)) {
      for_port.push_back(line);
    }
  }
  return for_port.size() == 1 ? place_of(for_port.front()) : Where{};
}

std::vector<Listener> listeners() {
  std::vector<Listener> all;
  for (const ap_listen_rec* each = ap_listeners; each != nullptr; each = each->next) {
    if (each->bind_addr == nullptr) continue;
    // Without an address there is no name of one.
    const bool has_address = each->bind_addr->hostname != nullptr;
    const Endpoint at{has_address ? numbers_of(each->bind_addr) : "*",
                      static_cast<std::uint16_t>(each->bind_addr->port)};
    all.push_back({at, each->protocol == nullptr ? "" : each->protocol, listen_line_of(at)});
  }
  return all;
}

bool speaks_https(server_rec& server, const HostInput& host,
                  const std::vector<Listener>& listeners) {
  const char* protocol = ap_get_server_protocol(&server);
  if (protocol != nullptr && *protocol != '\0') return std::string_view(protocol) == "https";
  // httpd fills it in once the configuration was found right; by the same rule.
  const Listener* listener = listener_of(host.endpoints, listeners);
  return listener != nullptr && listener->protocol == "https";
}

std::uint16_t shown_port_of(const server_rec& server, const HostInput& host) {
  if (server.port != 0) return static_cast<std::uint16_t>(server.port);
  if (!host.endpoints.empty() && host.endpoints.front().port != 0) {
    return host.endpoints.front().port;
  }
  return kHttpsPort;
}

/// Where <VirtualHost> sections with a ServerName begin; httpd gives the others a name of its own
/// choice, which says nothing.
class NamedSections {
 public:
  NamedSections() { walk(ap_conftree); }

  [[nodiscard]] bool has(const server_rec& server) const {
    return server.is_virtual == 0 || server.defn_name == nullptr ||
           starts_.contains({server.defn_name, static_cast<int>(server.defn_line_number)});
  }

 private:
  void walk(const ap_directive_t* line) {
    for (; line != nullptr; line = line->next) {
      const ap_directive_t* parent = line->parent;
      if (parent != nullptr && equals_ignoring_case(line->directive, "ServerName")) {
        while (parent->parent != nullptr) parent = parent->parent;
        starts_.emplace(parent->filename, parent->line_num);
      }
      walk(line->first_child);
    }
  }

  std::set<std::pair<std::string, int>> starts_;
};

HostInput host_input_of(server_rec& server, const std::vector<Listener>& listeners,
                        const NamedSections& named) {
  HostInput host;
  host.config = &slot_of(server).config;
  const std::string shown = server.server_hostname == nullptr ? "" : server.server_hostname;
  if (named.has(server)) host.server_name = shown;
  host.port = static_cast<std::uint16_t>(server.port);
  host.aliases = aliases_of(server);
  host.is_main_server = server.is_virtual == 0;
  host.defined_at = defined_at(server);
  if (!host.is_main_server) {
    for (const server_addr_rec* each = server.addrs; each != nullptr; each = each->next) {
      host.endpoints.push_back(endpoint_of(*each));
    }
  }
  host.name = text(shown, ":", shown_port_of(server, host));
  host.speaks_https = speaks_https(server, host, listeners);
  return host;
}

/// "<Proxy https://a.example/>", without the quotes it may be written with.
std::string shown_section(const ap_directive_t& line) {
  std::string_view argument = line.args == nullptr ? "" : line.args;
  if (argument.ends_with('>')) argument.remove_suffix(1);
  argument = trim(argument);
  if (argument.size() > 1 && argument.starts_with('"') && argument.ends_with('"')) {
    argument = argument.substr(1, argument.size() - 2);
  }
  return text(line.directive, ' ', argument, '>');
}

/// The settings under which connections to other servers are made, those of the servers first: many
/// virtual hosts have the main server's.
std::vector<ProxyInput> proxy_inputs_of(const std::vector<server_rec*>& servers,
                                        std::vector<HostInput>& hosts) {
  std::vector<ProxyInput> inputs;
  const auto add = [&](ProxySlot& slot, std::uint32_t host) -> ProxyInput& {
    slot.index = static_cast<std::uint32_t>(inputs.size());
    return inputs.emplace_back(
        ProxyInput{&slot.config, host, false, hosts[host].name, hosts[host].defined_at});
  };
  std::set<const ProxySlot*> known;
  for (std::uint32_t host = 0; host < servers.size(); ++host) {
    ProxySlot* const own = slot_of(servers[host]->lookup_defaults).proxy;
    if (own == nullptr) continue;
    if (known.insert(own).second) add(*own, host);
    hosts[host].proxy = own->index;
  }
  for (std::uint32_t host = 0; host < servers.size(); ++host) {
    const ProxySlot* const base = slot_of(servers[host]->lookup_defaults).proxy;
    for (ProxySlot* section : slot_of(*servers[host]).proxy_sections) {
      if (base != nullptr) section->config = merge_fields(base->config, section->config);
      ProxyInput& input = add(*section, host);
      const ap_directive_t& line = *section->section;
      input.is_section = true;
      input.name = shown_section(line);
      input.defined_at = {line.directive, line.filename, line.line_num};
    }
  }
  return inputs;
}

/// A connection that has an address and nothing else, to ask httpd about that address.
class Probe {
 public:
  Probe(server_rec& main_server, apr_sockaddr_t& address) {
    connection_.base_server = &main_server;
    connection_.local_addr = &address;
    ap_update_vhost_given_ip(&connection_);
  }

  [[nodiscard]] VhostIndex::Address address() const noexcept { return address_of(connection_); }

  void add_names_to(NameTable& table) {
    ap_vhost_iterate_given_conn(
        &connection_,
        [](void* to, conn_rec*, server_rec* server) noexcept -> int {
          auto& names = *static_cast<NameTable*>(to);
          std::vector<std::string> all = aliases_of(*server);
          if (server->server_hostname != nullptr) all.emplace_back(server->server_hostname);
          names.add_host(slot_of(*server).host_index, all);
          return 0;
        },
        &table);
  }

 private:
  conn_rec connection_{};
};

/// Ports on which an address without port (`<VirtualHost 10.0.0.1>`) may be reached.
std::set<apr_port_t> ports_of(const server_addr_rec& address) {
  if (address.host_port != 0) return {address.host_port};
  std::set<apr_port_t> ports;
  for (const ap_listen_rec* each = ap_listeners; each != nullptr; each = each->next) {
    if (each->bind_addr != nullptr) ports.insert(each->bind_addr->port);
  }
  return ports;
}

}  // namespace

std::vector<server_rec*> servers_in_order(server_rec& main_server) {
  std::vector<server_rec*> servers;
  for (server_rec* each = &main_server; each != nullptr; each = each->next) servers.push_back(each);
  std::reverse(servers.begin() + 1, servers.end());
  return servers;
}

std::optional<RunAs> account_of_children() {
  if (geteuid() != 0 || ap_unixd_config.user_name == nullptr) return std::nullopt;
  return RunAs{ap_unixd_config.user_name, ap_unixd_config.user_id, ap_unixd_config.group_id};
}

BuildInput build_input_of(server_rec& main_server) {
  BuildInput input;
  input.global = &slot_of(main_server).global;
  input.listeners = listeners();
  input.children = account_of_children();
  const NamedSections named;
  const auto servers = servers_in_order(main_server);
  for (server_rec* server : servers) {
    input.hosts.push_back(host_input_of(*server, input.listeners, named));
  }
  input.proxies = proxy_inputs_of(servers, input.hosts);
  return input;
}

const ProxyTls* proxy_tls_of(const Snapshot& snapshot, const ap_conf_vector_t* directory,
                             const server_rec& base) noexcept {
  const ProxySlot* const section = directory == nullptr ? nullptr : slot_of(directory).proxy;
  const ProxySlot* const slot = section != nullptr ? section : slot_of(base.lookup_defaults).proxy;
  return slot == nullptr || !slot->index ? nullptr : &snapshot.proxy(*slot->index);
}

VhostIndex::Address address_of(const conn_rec& connection) noexcept {
  if (connection.vhost_lookup_data == nullptr) return {connection.base_server, 0};
  return {connection.vhost_lookup_data, static_cast<std::uint16_t>(connection.local_addr->port)};
}

VhostIndex index_virtual_hosts(server_rec& main_server, apr_pool_t* pool) {
  VhostIndex index;
  for (server_rec* server = main_server.next; server != nullptr; server = server->next) {
    for (server_addr_rec* each = server->addrs; each != nullptr; each = each->next) {
      if (each->host_addr == nullptr) continue;
      for (const apr_port_t port : ports_of(*each)) {
        apr_sockaddr_t* address = nullptr;
        if (apr_sockaddr_info_copy(&address, each->host_addr, pool) != APR_SUCCESS) continue;
        address->port = port;
        Probe probe(main_server, *address);
        if (!index.has(probe.address())) probe.add_names_to(index.table(probe.address()));
        if (is_any(*each)) continue;
        index.table(probe.address()).add_address_name(slot_of(*server).host_index, each->virthost);
      }
    }
  }
  return index;
}

}  // namespace tlsplus
