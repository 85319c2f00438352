// SPDX-License-Identifier: Apache-2.0
//
// Lines: the configuration as httpd keeps it, a tree of lines in which sections have children.
// <IfModule> and Include are gone, their lines stand where they belong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

using Lines = const ap_directive_t*;

inline bool is(Lines line, std::string_view name) noexcept {
  return equals_ignoring_case(line->directive, name);
}

/// The arguments as words; quotes are gone.
inline std::vector<std::string> words_of(Lines line, apr_pool_t* pool) {
  std::vector<std::string> words;
  const char* rest = line->args == nullptr ? "" : line->args;
  while (*rest != '\0') words.emplace_back(ap_getword_conf(pool, &rest));
  return words;
}

inline Where place_of(Lines line) {
  return {line->directive, line->filename == nullptr ? "" : line->filename, line->line_num};
}

/// The argument of a section's line, without its bracket.
inline std::string argument_of(Lines section, apr_pool_t* pool) {
  auto words = words_of(section, pool);
  if (!words.empty() && words.back().ends_with('>')) words.back().pop_back();
  if (!words.empty() && words.back().empty()) words.pop_back();
  return join(words, " ");
}

/// Which host a <VirtualHost> line is.
class HostsByLine {
 public:
  explicit HostsByLine(const BuildInput& input) {
    for (std::uint32_t i = 0; i < input.hosts.size(); ++i) {
      const Where& at = input.hosts[i].defined_at;
      if (!at.file.empty()) hosts_[{at.file, at.line}] = i;
    }
  }

  [[nodiscard]] std::optional<std::uint32_t> at(Lines line) const {
    const auto host =
        hosts_.find({line->filename == nullptr ? "" : line->filename, line->line_num});
    if (host == hosts_.end()) return std::nullopt;
    return host->second;
  }

 private:
  std::map<std::pair<std::string, int>, std::uint32_t> hosts_;
};

}  // namespace tlsplus
