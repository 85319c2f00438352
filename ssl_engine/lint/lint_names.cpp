// SPDX-License-Identifier: Apache-2.0
//
// lint_names(): whether a certificate covers the names of its host. Names are compared the way
// clients do (RFC 9525 6.3), so that what is said here is what they will say.
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"

namespace tlsplus {
namespace {

constexpr std::size_t kNamesShown = 8;  // a certificate may have hundreds

std::string shown(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (std::size_t i = 0; i < names.size() && i < kNamesShown; ++i) {
    quoted.push_back(escape(names[i]));
  }
  std::string list = quoted.empty() ? "none" : join(quoted, ", ");
  if (names.size() > kNamesShown) list += text(" and ", names.size() - kNamesShown, " more");
  return list;
}

// A pattern of ServerAlias that stands for one label at the front, as a certificate's does, can
// be compared; what "*" or "www?" stand for nobody knows.
bool can_be_named(std::string_view alias) noexcept {
  if (alias.starts_with("*.")) alias.remove_prefix(2);
  return !alias.empty() && alias.find_first_of("*?") == std::string_view::npos;
}

bool covers(const std::vector<std::string>& names, std::string_view alias) {
  if (!alias.starts_with("*.")) return names_cover(names, alias);
  return std::ranges::any_of(
      names, [&](const std::string& name) { return equals_ignoring_case(name, alias); });
}

}  // namespace

void lint_names(const Draft& draft, Findings& findings) {
  const HostInput& host = *draft.input;
  if (host.server_name.empty() && host.aliases.empty()) return;
  for (const DraftCertificate& presented : draft.certificates) {
    const auto names = presented.certificate->leaf().names();
    const auto report = [&](Tp id, std::string_view evidence) {
      findings.add(
          draft.index,
          diagnose(id, text(quote(presented.file), " names ", shown(names), "; not ", evidence),
                   presented.where));
    };
    if (!host.server_name.empty() && !names_cover(names, host.server_name)) {
      report(Tp::name_not_covered, escape(host.server_name));
    }
    std::vector<std::string> missing;
    for (const std::string& alias : host.aliases) {
      if (can_be_named(alias) && !covers(names, alias)) missing.push_back(alias);
    }
    if (!missing.empty()) report(Tp::alias_not_covered, shown(missing));
  }
}

}  // namespace tlsplus
