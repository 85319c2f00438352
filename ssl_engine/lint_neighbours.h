// SPDX-License-Identifier: Apache-2.0
//
// What lines of other modules mean for TLS: passwords asked for where nobody encrypts, and rules
// against browsers of the nineties that hit those of today.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/diagnostics.h"

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

/// Sent by Internet Explorer 10, which needs none of the old remedies.
constexpr const char* kCurrentMsie =
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)";

/// BrowserMatch or SetEnvIf User-Agent that sets nokeepalive.
struct BrowserRule {
  std::string pattern;
  bool matches_current = false;  // matches kCurrentMsie
  Where where;
  std::optional<std::uint32_t> host;
};

struct NeighbourFacts {
  struct Host {
    std::string name;
    std::string document_root;
    bool engine = false;
    bool redirects = false;  // everything, or so it looks, to https://
    bool is_virtual = false;
    bool is_local = false;  // on loopback addresses only
  };
  std::vector<Host> hosts;  // as in the configuration, the main server first
  std::vector<PasswordSection> passwords;
  std::vector<BrowserRule> rules;
};

/// Nothing is said where no host speaks TLS: somebody else may do it in front.
std::vector<Finding> lint_neighbours(const NeighbourFacts& facts);

}  // namespace tlsplus
