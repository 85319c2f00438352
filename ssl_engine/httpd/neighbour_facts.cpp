// SPDX-License-Identifier: Apache-2.0
//
// httpd keeps the lines as a tree: sections have children. <IfModule> and Include are gone by then,
// their lines stand where they belong.
#include "ssl_engine/httpd/neighbour_facts.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using Lines = const ap_directive_t*;

bool is(Lines line, std::string_view name) noexcept {
  return equals_ignoring_case(line->directive, name);
}

/// The arguments as words; quotes are gone.
std::vector<std::string> words_of(Lines line, apr_pool_t* pool) {
  std::vector<std::string> words;
  const char* rest = line->args == nullptr ? "" : line->args;
  while (*rest != '\0') words.emplace_back(ap_getword_conf(pool, &rest));
  return words;
}

Where place_of(Lines line) {
  return {line->directive, line->filename == nullptr ? "" : line->filename, line->line_num};
}

class Walk {
 public:
  Walk(const BuildInput& input, NeighbourFacts& facts, apr_pool_t* scratch)
      : facts_(facts), scratch_(scratch) {
    for (std::uint32_t i = 0; i < input.hosts.size(); ++i) {
      const Where& at = input.hosts[i].defined_at;
      if (!at.file.empty()) hosts_[{at.file, at.line}] = i;
    }
  }

  void server(Lines line) {
    for (; line != nullptr; line = line->next) {
      if (!is(line, "<VirtualHost")) {
        visit(line, {});
        continue;
      }
      const auto host =
          hosts_.find({line->filename == nullptr ? "" : line->filename, line->line_num});
      if (host == hosts_.end()) continue;
      Section around;
      around.host = host->second;
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
    bool needs_tls = false;
  };

  void visit(Lines line, const Section& around) {
    if (line->first_child != nullptr) {
      section(line, around);
    } else if (is(line, "AuthType")) {
      auth_type(line, around);
    } else if (is(line, "BrowserMatch") || is(line, "BrowserMatchNoCase") || is(line, "SetEnvIf") ||
               is(line, "SetEnvIfNoCase")) {
      browser_rule(line, around);
    } else if (around.shown.empty()) {
      redirect(line, around);
    }
  }

  void section(Lines line, const Section& around) {
    Section inner = around;
    const bool is_container = starts_with_ignoring_case(line->directive, "<Require");
    if (!is_container) {
      auto path = words_of(line, scratch_);
      if (!path.empty() && path.back().ends_with('>')) path.back().pop_back();
      if (!path.empty() && path.back().empty()) path.pop_back();
      inner.shown = text(line->directive, ' ', join(path, " "), '>');
      const bool is_plain = is(line, "<Directory") && !path.empty() &&
                            path.front().find_first_of("*?[~>") == std::string::npos;
      inner.directory = is_plain ? path.front() : std::string();
    }
    for (Lines child = line->first_child; child != nullptr; child = child->next) {
      inner.needs_tls = inner.needs_tls || demands_tls(child);
    }
    for (Lines child = line->first_child; child != nullptr; child = child->next) {
      visit(child, inner);
    }
  }

  bool demands_tls(Lines line) const {
    if (is(line, "SSLRequireSSL") || is(line, "SSLRequire")) return true;
    if (is(line, "Require")) {
      const auto what = words_of(line, scratch_);
      return !what.empty() && starts_with_ignoring_case(what.front(), "ssl");
    }
    if (!starts_with_ignoring_case(line->directive, "<Require")) return false;
    for (Lines child = line->first_child; child != nullptr; child = child->next) {
      if (demands_tls(child)) return true;
    }
    return false;
  }

  void auth_type(Lines line, const Section& around) {
    const auto type = words_of(line, scratch_);
    if (type.empty() ||
        !(equals_ignoring_case(type[0], "Basic") || equals_ignoring_case(type[0], "Form"))) {
      return;
    }
    facts_.passwords.push_back({around.shown.empty() ? "outside of any section" : around.shown,
                                around.directory, place_of(line), around.host, around.needs_tls});
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
        compiled != nullptr && ap_regexec(compiled, kCurrentMsie, 0, nullptr, 0) == 0;
    facts_.rules.push_back({words.front(), matches, place_of(line), around.host});
  }

  void redirect(Lines line, const Section& around) {
    const bool may =
        starts_with_ignoring_case(line->directive, "Redirect") || is(line, "RewriteRule");
    if (!may || !around.host || line->args == nullptr) return;
    if (std::string_view(line->args).find("https://") != std::string_view::npos) {
      facts_.hosts[*around.host].redirects = true;
    }
  }

  NeighbourFacts& facts_;
  apr_pool_t* scratch_;
  std::map<std::pair<std::string, int>, std::uint32_t> hosts_;
};

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
    facts.hosts.push_back(
        {host.name, document_root_of(*servers[i]), speaks_tls(host), false, !host.is_main_server});
  }
  Walk(input, facts, scratch).server(ap_conftree);
  return facts;
}

}  // namespace tlsplus
