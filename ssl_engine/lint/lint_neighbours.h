// SPDX-License-Identifier: Apache-2.0
//
// lint_neighbours(): what lines of other modules mean for TLS: passwords asked for where nobody
// encrypts, and rules against browsers of the nineties that hit those of today.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

/// A section with AuthType Basic or Form.
struct PasswordSection {
  std::string section;                // "<Location "/admin">", or "the main server"
  std::string directory;              // of a <Directory> without wildcards: its path
  Where where;                        // the AuthType line
  std::optional<std::uint32_t> host;  // the virtual host it stands in; nullopt: applies to all
  bool needs_tls = false;             // nobody gets in without it
  std::optional<Where> opened_by;     // "Require ssl" beside a Require for users: either will do
};

/// What browsers of today send, none of which needs the old remedies.
constexpr std::array<const char*, 3> kCurrentBrowsers{
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1"};

/// BrowserMatch or SetEnvIf User-Agent that sets nokeepalive.
struct BrowserRule {
  std::string pattern;
  bool matches_current = false;  // matches one of kCurrentBrowsers
  Where where;
  std::optional<std::uint32_t> host;
};

/// `Redirect PATH URL` in a virtual host, outside of sections.
struct Redirection {
  std::uint32_t host = 0;
  std::string path;
  std::string url;
  Where where;
};

struct NeighbourFacts {
  struct Host {
    std::string name;
    std::string document_root;
    bool engine = false;
    bool redirects = false;  // everything, or so it looks, to https://
    bool is_virtual = false;
    bool is_local = false;                  // on loopback addresses only
    std::vector<std::string> names = {};    // ServerName and ServerAlias
    std::vector<std::uint16_t> ports = {};  // 0: any
  };
  std::vector<Host> hosts;  // as in the configuration, the main server first
  std::vector<PasswordSection> passwords;
  std::vector<BrowserRule> rules;
  std::vector<Redirection> redirections;
  std::vector<Where> h2_without_module;  // Protocols lines with h2, where mod_http2 is not loaded
};

/// Nothing is said where no host speaks TLS: somebody else may do it in front.
std::vector<Finding> lint_neighbours(const NeighbourFacts& facts);

}  // namespace tlsplus
