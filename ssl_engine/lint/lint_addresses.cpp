// SPDX-License-Identifier: Apache-2.0
//
// lint_addresses(): hosts held against each other. One walk over the hosts sorts them by address;
// everything else is per address, so that ten thousand names on one of them cost ten thousand
// look-ups.
#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/addresses.h"
#include "ssl_engine/hosts/vhost_index.h"
#include "ssl_engine/lint/lint.h"

namespace tlsplus {
namespace {

constexpr std::size_t kNamesShown = 8;

using Addresses = std::map<Endpoint, std::vector<const Draft*>>;

std::string place_text(const Where& where) {
  return where.file.empty() ? std::string("the main server") : text(where.file, ':', where.line);
}

Addresses sorted_by_address(const std::vector<Draft>& drafts) {
  Addresses addresses;
  for (const Draft& draft : drafts) {
    for (const Endpoint& endpoint : draft.input->endpoints) {
      // httpd makes two of <VirtualHost *>: one per family of addresses.
      auto& hosts = addresses[endpoint];
      if (hosts.empty() || hosts.back() != &draft) hosts.push_back(&draft);
    }
  }
  return addresses;
}

class AddressLint {
 public:
  AddressLint(const BuildInput& input, const std::vector<Draft>& drafts, Findings& findings)
      : input_(input), drafts_(drafts), findings_(findings) {}

  void check(const Endpoint& address, const std::vector<const Draft*>& hosts) {
    const bool is_mixed = check_mixed(address, hosts);
    if (!is_mixed) check_port(address, hosts);
    if (address.port == 0) check_portless(address, hosts);
    check_listen(address, hosts);
    check_names(address, hosts);
  }

  /// What holds for several addresses of a host, once.
  void finish() {
    for (const auto& [hosts, taken] : taken_) {
      const auto& [whose, to_whom, id] = hosts;
      const HostInput& owner = input_.hosts[to_whom];
      add(drafts_[whose], id,
          text(shown(taken.names), " on ", shown(taken.addresses), " goes to ", escape(owner.name),
               " at ", place_text(owner.defined_at)),
          drafts_[whose].input->defined_at);
    }
  }

 private:
  void add(const Draft& draft, Tp id, std::string evidence, Where where, std::string hint = {}) {
    findings_.add(draft.index,
                  diagnose(id, std::move(evidence), std::move(where), std::move(hint)));
  }

  // The first host decides for the port; the first one that disagrees is named.
  bool check_mixed(const Endpoint& address, const std::vector<const Draft*>& hosts) {
    const Draft& first = *hosts.front();
    const auto other = std::ranges::find_if(
        hosts, [&](const Draft* draft) { return draft->engine != first.engine; });
    if (other == hosts.end()) return false;
    const Draft& disagrees = **other;
    add(disagrees, Tp::engine_mixed,
        text(text_of(address), " speaks ", first.engine ? "TLS" : "plain HTTP",
             ", as its first virtual host ", escape(first.input->name), " at ",
             place_text(first.input->defined_at), " says; this one ",
             disagrees.engine ? "has SSLEngine on" : "has no SSLEngine on",
             inherits_engine(disagrees)
                 ? text(", inherited from ", place_text(disagrees.engine_where()))
                 : std::string()),
        disagrees.engine && !inherits_engine(disagrees) ? disagrees.engine_where()
                                                        : disagrees.input->defined_at);
    return true;
  }

  void check_port(const Endpoint& address, const std::vector<const Draft*>& hosts) {
    const Draft& first = *hosts.front();
    if (address.port == kHttpsPort && !first.engine) {
      add(first, Tp::engine_off_on_443, text_of(address), first.input->defined_at);
    } else if (address.port == kHttpPort && first.engine) {
      check_engine_on_80(address, first);
    } else if (address.port != kHttpPort && !first.engine) {
      check_forgotten(hosts);
    }
  }

  // What the main server says is nowhere to be removed in the virtual host.
  [[nodiscard]] bool inherits_engine(const Draft& draft) const {
    const auto& engine = draft.config().engine;
    return draft.index != 0 && engine.is_set() &&
           engine.where() == input_.hosts.front().config->engine.where();
  }

  void check_engine_on_80(const Endpoint& address, const Draft& first) {
    if (!first.config().engine.is_set()) {
      add(first, Tp::engine_on_80, text_of(address), first.input->defined_at,
          "add: SSLEngine off; or move the host to port 443");
    } else if (inherits_engine(first)) {
      add(first, Tp::engine_on_80,
          text(text_of(address), ", SSLEngine on is inherited from ",
               place_text(first.engine_where())),
          first.input->defined_at, "add: SSLEngine off; or move the host to port 443");
    } else {
      add(first, Tp::engine_on_80, text_of(address), first.engine_where(),
          "write: SSLEngine off; or move the host to port 443");
    }
  }

  // A certificate that stands in the virtual host itself; what the main server has, all inherit.
  void check_forgotten(const std::vector<const Draft*>& hosts) {
    const auto& inherited = input_.hosts.front().config->certificate_files.entries();
    for (const Draft* draft : hosts) {
      const auto& own = draft->config().certificate_files.entries();
      if (own.empty() || draft->config().engine.is_set()) continue;
      if (!inherited.empty() && own.front().where() == inherited.front().where()) continue;
      add(*draft, Tp::engine_forgotten, {}, own.front().where());
    }
  }

  void check_portless(const Endpoint& address, const std::vector<const Draft*>& hosts) {
    const Draft& first = *hosts.front();
    if (first.engine) {
      const bool answers_http =
          std::ranges::any_of(input_.listeners, [&](const Listener& listener) {
            return listener.at.port == kHttpPort && cover(listener, address) != Cover::none;
          });
      if (answers_http)
        add(first, Tp::host_without_port, "TLS on port 80", first.input->defined_at);
      return;
    }
    // httpd takes the first one in the order of the configuration that fits.
    const auto hidden = std::ranges::find_if(drafts_, [&](const Draft& other) {
      return other.index > first.index && other.engine &&
             std::ranges::any_of(other.input->endpoints, [&](const Endpoint& at) {
               return at.port != 0 && at.host == address.host;
             });
    });
    if (hidden == drafts_.end()) return;
    add(first, Tp::host_without_port,
        text("plain HTTP; nobody gets to ", escape(hidden->input->name), " at ",
             place_text(hidden->input->defined_at)),
        first.input->defined_at);
  }

  void check_listen(const Endpoint& address, const std::vector<const Draft*>& hosts) {
    if (input_.listeners.empty()) return;
    const auto tls = std::ranges::find_if(hosts, &Draft::engine);
    if (tls == hosts.end()) return;
    const bool covered = std::ranges::any_of(input_.listeners, [&](const Listener& listener) {
      return cover(listener, address) != Cover::none;
    });
    if (covered) return;
    const std::string where_to =
        is_any_address(address.host) ? std::to_string(address.port) : text_of(address);
    const std::string protocol = address.port == kHttpsPort ? "" : " https";
    add(**tls, Tp::endpoint_without_listen, text_of(address), (*tls)->input->defined_at,
        text("add: Listen ", where_to, protocol));
  }

  void check_names(const Endpoint& address, const std::vector<const Draft*>& hosts) {
    if (hosts.size() < 2) return;
    NameTable table;
    for (std::uint32_t order = 0; order < hosts.size(); ++order) {
      const Draft& draft = *hosts[order];
      auto names = names_of_host(*draft.input);
      if (order != 0 && draft.engine) check_host_names(address, hosts, draft, names, table);
      table.add_host(order, names);
    }
  }

  static std::vector<std::string> names_of_host(const HostInput& host) {
    std::vector<std::string> names;
    if (!host.server_name.empty()) names.push_back(host.server_name);
    names.insert(names.end(), host.aliases.begin(), host.aliases.end());
    return names;
  }

  static bool has_name(const HostInput& host, std::string_view name) {
    const auto same = [&](const std::string& other) { return equals_ignoring_case(other, name); };
    return same(host.server_name) || std::ranges::any_of(host.aliases, same);
  }

  void check_host_names(const Endpoint& address, const std::vector<const Draft*>& hosts,
                        const Draft& draft, const std::vector<std::string>& names,
                        const NameTable& table) {
    if (draft.input->server_name.empty()) {
      add(draft, Tp::host_without_name,
          text(text_of(address), " belongs to ", escape(hosts.front()->input->name), " at ",
               place_text(hosts.front()->input->defined_at)),
          draft.input->defined_at);
    }
    for (const std::string& name : names) {
      if (name.find_first_of("*?") != std::string::npos) continue;
      const auto owner = table.find(name);
      if (!owner) continue;
      const Tp id = has_name(*hosts[*owner]->input, name) ? Tp::names_duplicate : Tp::name_shadowed;
      Taken& taken = taken_[{draft.index, hosts[*owner]->index, id}];
      add_once(taken.names, escape(name));
      add_once(taken.addresses, text_of(address));
    }
  }

  static void add_once(std::vector<std::string>& list, std::string entry) {
    if (std::ranges::find(list, entry) == list.end()) list.push_back(std::move(entry));
  }

  static std::string shown(const std::vector<std::string>& list) {
    const std::size_t count = std::min(list.size(), kNamesShown);
    const std::string more =
        count == list.size() ? std::string() : text(" and ", list.size() - count, " more");
    return join({list.begin(), list.begin() + static_cast<std::ptrdiff_t>(count)}, ", ") + more;
  }

  /// Names of a host that go to another one, and where.
  struct Taken {
    std::vector<std::string> names;
    std::vector<std::string> addresses;
  };
  using HostsAndId = std::tuple<std::uint32_t, std::uint32_t, Tp>;  // whose, to whom, in what way

  const BuildInput& input_;
  const std::vector<Draft>& drafts_;
  Findings& findings_;
  std::map<HostsAndId, Taken> taken_;
};

void check_listeners(const BuildInput& input, const std::vector<Draft>& drafts,
                     Findings& findings) {
  for (const Listener& listener : input.listeners) {
    if (!equals_ignoring_case(listener.protocol, "https")) continue;
    const bool served = std::ranges::any_of(drafts, [&](const Draft& draft) {
      return draft.engine && reaches(listener, *draft.input);
    });
    if (served) continue;
    findings.add(
        diagnose(Tp::listen_without_host, text("Listen ", text_of(listener.at)), listener.where));
  }
}

}  // namespace

void lint_addresses(const BuildInput& input, const std::vector<Draft>& drafts, Findings& findings) {
  AddressLint lint(input, drafts, findings);
  for (const auto& [address, hosts] : sorted_by_address(drafts)) lint.check(address, hosts);
  lint.finish();
  check_listeners(input, drafts, findings);
}

}  // namespace tlsplus
