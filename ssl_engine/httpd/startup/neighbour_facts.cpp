// SPDX-License-Identifier: Apache-2.0
//
// The facts of neighbours, gathered in one walk over httpd's tree of lines. httpd keeps the lines
// as a tree: sections have children. <IfModule> and Include are gone by then, their lines stand
// where they belong.
#include "ssl_engine/httpd/startup/neighbour_facts.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/addresses.h"
#include "ssl_engine/httpd/startup/line_tree.h"

namespace tlsplus {
namespace {

/// How the lines of a section, or of a container in it, go together.
enum class Container : std::uint8_t { any, all, none };

std::optional<Container> container_of(Lines line) noexcept {
  if (is(line, "<RequireAny")) return Container::any;
  if (is(line, "<RequireAll")) return Container::all;
  if (is(line, "<RequireNone")) return Container::none;
  return std::nullopt;
}

struct Authorization {
  bool has_lines = false;
  bool needs_tls = false;          // nobody gets in without
  std::optional<Where> opened_by;  // the line by which everybody with TLS gets in without a login
};

struct Alternatives {
  std::size_t count = 0;
  std::size_t needing_tls = 0;
  bool asks_for_user = false;
  std::optional<Where> tls_alone;
};

class Walk {
 public:
  Walk(const BuildInput& input, NeighbourFacts& facts, apr_pool_t* scratch)
      : facts_(facts), scratch_(scratch), hosts_(input) {}

  void server(Lines line) {
    for (; line != nullptr; line = line->next) {
      if (!is(line, "<VirtualHost")) {
        visit(line, {});
        continue;
      }
      Section around;
      around.host = hosts_.at(line);
      if (!around.host) continue;
      for (Lines child = line->first_child; child != nullptr; child = child->next) {
        visit(child, around);
      }
    }
  }

 private:
  struct Section {
    std::optional<std::uint32_t> host;
    std::string shown;
    std::string directory;
    bool line_needs_tls = false;  // SSLRequireSSL, SSLRequire: for inner sections as well
    Authorization authorization;  // until an inner section has Require lines of its own
  };

  void visit(Lines line, const Section& around) {
    if (line->first_child != nullptr) {
      section(line, around);
    } else if (is(line, "AuthType")) {
      auth_type(line, around);
    } else if (is(line, "BrowserMatch") || is(line, "BrowserMatchNoCase") || is(line, "SetEnvIf") ||
               is(line, "SetEnvIfNoCase")) {
      browser_rule(line, around);
    } else if (is(line, "Protocols")) {
      protocols(line);
    } else if (around.shown.empty()) {
      redirect(line, around);
    }
  }

  void section(Lines line, const Section& around) {
    Section inner = around;
    const bool is_container = starts_with_ignoring_case(line->directive, "<Require");
    if (!is_container) {
      const std::string path = argument_of(line, scratch_);
      inner.shown = text(line->directive, ' ', path, '>');
      const bool is_plain = is(line, "<Directory") && !path.empty() &&
                            path.find_first_of("*?[~>") == std::string::npos;
      inner.directory = is_plain ? path : std::string();
    }
    inner.line_needs_tls = inner.line_needs_tls || has_line_for_tls(line->first_child);
    if (!is_container) {
      const Authorization own = authorization(line->first_child, Container::any);
      if (own.has_lines) inner.authorization = own;
    }
    for (Lines child = line->first_child; child != nullptr; child = child->next) {
      visit(child, inner);
    }
  }

  /// SSLRequireSSL and SSLRequire, unless "Satisfy any" takes a password for it.
  bool has_line_for_tls(Lines line) const {
    bool demands = false;
    bool any_will_do = false;
    bool is_strict = false;
    for (; line != nullptr; line = line->next) {
      const std::string_view arguments = line->args == nullptr ? "" : line->args;
      demands = demands || is(line, "SSLRequireSSL") || is(line, "SSLRequire");
      any_will_do = any_will_do || (is(line, "Satisfy") && equals_ignoring_case(arguments, "any"));
      is_strict = is_strict || (is(line, "SSLOptions") &&
                                to_lower(arguments).find("strictrequire") != std::string::npos);
    }
    return demands && (is_strict || !any_will_do);
  }

  Authorization authorization(Lines line, Container container) const {
    Alternatives seen;
    collect(line, seen);
    Authorization result;
    result.has_lines = seen.count != 0;
    result.needs_tls = container == Container::all ? seen.needing_tls != 0
                       : container == Container::any
                           ? seen.needing_tls == seen.count && seen.count != 0
                           : false;
    if (container == Container::any && seen.asks_for_user) result.opened_by = seen.tls_alone;
    return result;
  }

  /// Each line of a container; <Limit> only says for which methods.
  void collect(Lines line, Alternatives& seen) const {
    for (; line != nullptr; line = line->next) {
      if (is(line, "Require")) {
        require(line, seen);
      } else if (starts_with_ignoring_case(line->directive, "<Limit")) {
        collect(line->first_child, seen);
      } else if (const auto container = container_of(line)) {
        ++seen.count;
        if (authorization(line->first_child, *container).needs_tls) ++seen.needing_tls;
      }
    }
  }

  void require(Lines line, Alternatives& seen) const {
    const auto what = words_of(line, scratch_);
    if (what.empty()) return;
    ++seen.count;
    const bool is_tls = equals_ignoring_case(what.front(), "ssl") ||
                        equals_ignoring_case(what.front(), "ssl-verify-client");
    const bool lets_nobody_in = what.size() == 2 && equals_ignoring_case(what[0], "all") &&
                                equals_ignoring_case(what[1], "denied");
    if (is_tls || lets_nobody_in) ++seen.needing_tls;
    if (equals_ignoring_case(what.front(), "ssl") && !seen.tls_alone) {
      seen.tls_alone = place_of(line);
    }
    constexpr std::string_view kUsers[] = {"valid-user", "user", "group", "ldap-", "dbm-", "dbd-"};
    seen.asks_for_user =
        seen.asks_for_user || std::ranges::any_of(kUsers, [&](std::string_view kind) {
          return kind.ends_with('-') ? starts_with_ignoring_case(what.front(), kind)
                                     : equals_ignoring_case(what.front(), kind);
        });
  }

  void auth_type(Lines line, const Section& around) {
    const auto type = words_of(line, scratch_);
    if (type.empty() ||
        !(equals_ignoring_case(type[0], "Basic") || equals_ignoring_case(type[0], "Form"))) {
      return;
    }
    facts_.passwords.push_back({around.shown.empty() ? "outside of any section" : around.shown,
                                around.directory, place_of(line), around.host,
                                around.line_needs_tls || around.authorization.needs_tls,
                                around.authorization.opened_by});
  }

  void browser_rule(Lines line, const Section& around) {
    auto words = words_of(line, scratch_);
    const bool by_header = starts_with_ignoring_case(line->directive, "SetEnvIf");
    if (by_header) {
      if (words.empty() || !equals_ignoring_case(words.front(), "User-Agent")) return;
      words.erase(words.begin());
    }
    if (words.size() < 2) return;
    if (std::find(words.begin() + 1, words.end(), "nokeepalive") == words.end()) return;
    const bool ignores_case = std::string_view(line->directive).ends_with("NoCase");
    const ap_regex_t* compiled =
        ap_pregcomp(scratch_, words.front().c_str(), ignores_case ? AP_REG_ICASE : 0);
    const bool matches =
        compiled != nullptr && std::ranges::any_of(kCurrentBrowsers, [&](const char* browser) {
          return ap_regexec(compiled, browser, 0, nullptr, 0) == 0;
        });
    facts_.rules.push_back({words.front(), matches, place_of(line), around.host});
  }

  void redirect(Lines line, const Section& around) {
    const bool may =
        starts_with_ignoring_case(line->directive, "Redirect") || is(line, "RewriteRule");
    if (!may || !around.host || line->args == nullptr) return;
    if (std::string_view(line->args).find("https://") != std::string_view::npos) {
      facts_.hosts[*around.host].redirects = true;
    }
    if (is(line, "Redirect") || is(line, "RedirectPermanent") || is(line, "RedirectTemp")) {
      const auto words = words_of(line, scratch_);  // [status] path URL
      if (words.size() < 2) return;
      facts_.redirections.push_back(
          {*around.host, words[words.size() - 2], words.back(), place_of(line)});
    }
  }

  void protocols(Lines line) {
    const auto words = words_of(line, scratch_);
    if (std::ranges::find(words, "h2") == words.end()) return;
    if (ap_find_linked_module("mod_http2.c") == nullptr) {
      facts_.h2_without_module.push_back(place_of(line));
    }
  }

  NeighbourFacts& facts_;
  apr_pool_t* scratch_;
  HostsByLine hosts_;
};

bool is_loopback(std::string_view address) noexcept {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

/// Nobody but this machine itself reaches it.
bool is_local(const HostInput& host, const std::vector<Listener>& listeners) {
  const auto& endpoints = host.endpoints;
  if (!endpoints.empty() && std::ranges::all_of(endpoints, is_loopback, &Endpoint::host)) {
    return true;
  }
  std::size_t count = 0;
  for (const Listener& listener : listeners) {
    if (!reaches(listener, host)) continue;
    if (!is_loopback(listener.at.host)) return false;
    ++count;
  }
  return count != 0;
}

const char* document_root_of(server_rec& server) noexcept {
  const auto* core =
      static_cast<const core_server_config*>(ap_get_core_module_config(server.module_config));
  return core == nullptr || core->ap_document_root == nullptr ? "" : core->ap_document_root;
}

}  // namespace

NeighbourFacts neighbour_facts(const BuildInput& input, const std::vector<server_rec*>& servers,
                               apr_pool_t* scratch) {
  NeighbourFacts facts;
  for (std::size_t i = 0; i < input.hosts.size(); ++i) {
    const HostInput& host = input.hosts[i];
    NeighbourFacts::Host& made = facts.hosts.emplace_back();
    made.name = host.name;
    made.document_root = document_root_of(*servers[i]);
    made.engine = speaks_tls(host);
    made.is_virtual = !host.is_main_server;
    made.is_local = is_local(host, input.listeners);
    made.names = host.aliases;
    if (!host.server_name.empty()) made.names.push_back(host.server_name);
    for (const Endpoint& at : host.endpoints) made.ports.push_back(at.port);
  }
  Walk(input, facts, scratch).server(ap_conftree);
  return facts;
}

}  // namespace tlsplus
