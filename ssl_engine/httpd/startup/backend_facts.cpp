// SPDX-License-Identifier: Apache-2.0
//
// backend_lines(), found in one walk over what httpd has read, without mod_proxy's help: its own
// tables have no lines any more.
#include "ssl_engine/httpd/startup/backend_facts.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/startup/line_tree.h"

namespace tlsplus {
namespace {

constexpr std::string_view kBalancer = "balancer://";

/// [...,P] or [...,proxy]
bool has_proxy_flag(std::string_view flags) {
  if (!flags.starts_with('[') || !flags.ends_with(']')) return false;
  flags = flags.substr(1, flags.size() - 2);
  return std::ranges::any_of(split(flags, ','), [](std::string_view flag) {
    flag = trim(flag);
    return equals_ignoring_case(flag, "P") || equals_ignoring_case(flag, "proxy");
  });
}

class Walk {
 public:
  Walk(const BuildInput& input, apr_pool_t* scratch) : scratch_(scratch), hosts_(input) {}

  std::vector<BackendLine> take() && {
    visit(ap_conftree, {});
    return std::move(found_);
  }

 private:
  struct Around {
    std::optional<std::uint32_t> host{};
    bool in_directory = false;  // <Location> and its kin
    std::string balancer{};     // of <Proxy balancer://...>
  };

  void visit(Lines line, const Around& around) {
    for (; line != nullptr; line = line->next) {
      if (line->first_child != nullptr) {
        section(line, around);
      } else {
        single(line, around);
      }
    }
  }

  void section(Lines line, Around around) {
    if (is(line, "<VirtualHost")) {
      around.host = hosts_.at(line);
      if (!around.host) return;
    } else if (is(line, "<Proxy") || is(line, "<ProxyMatch")) {
      const std::string argument = argument_of(line, scratch_);
      if (starts_with_ignoring_case(argument, kBalancer)) around.balancer = argument;
    } else {
      around.in_directory = true;
    }
    visit(line->first_child, around);
  }

  void single(Lines line, const Around& around) {
    const auto words = words_of(line, scratch_);
    if (words.empty()) return;
    if (is(line, "BalancerMember")) {
      member(line, around, words);
    } else if (is(line, "ProxyPass") || is(line, "ProxyPassMatch") || is(line, "SetHandler")) {
      for (const std::string& word : words) add(line, around, tls_url_in(word));
    } else if (is(line, "RewriteRule") && words.size() > 2 && has_proxy_flag(words.back())) {
      add(line, around, tls_url_in(words[1]));
    }
  }

  /// Sections are found by the balancer's name and not by its members'.
  void member(Lines line, const Around& around, const std::vector<std::string>& words) {
    const bool is_named = starts_with_ignoring_case(words.front(), kBalancer);
    const std::string& balancer = is_named ? words.front() : around.balancer;
    if (words.size() < (is_named ? 2U : 1U)) return;
    const std::string url = tls_url_in(words[is_named ? 1 : 0]);
    if (!url.empty()) add(line, around, balancer.empty() ? url : balancer);
  }

  void add(Lines line, const Around& around, std::string url) {
    if (url.empty()) return;
    found_.push_back({place_of(line), std::move(url), around.host, around.in_directory});
  }

  apr_pool_t* scratch_;
  HostsByLine hosts_;
  std::vector<BackendLine> found_;
};

bool names_http2(const ap_directive_t& line) noexcept {
  if (line.args == nullptr) return false;
  const auto has = [&line](const char* url) { return strcasestr(line.args, url) != nullptr; };
  return has("h2://") || has("h2c://") || has(kBalancer.data());
}

bool any_names_http2(Lines line) noexcept {
  for (; line != nullptr; line = line->next) {
    if (is(line, "<VirtualHost")) continue;
    if (names_http2(*line) || any_names_http2(line->first_child)) return true;
  }
  return false;
}

}  // namespace

bool shares_http2_backends() noexcept {
  return any_names_http2(ap_conftree);
}

std::vector<BackendLine> backend_lines(const BuildInput& input, apr_pool_t* scratch) {
  return Walk(input, scratch).take();
}

}  // namespace tlsplus
