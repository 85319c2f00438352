// SPDX-License-Identifier: Apache-2.0
//
// gather_not_yet(): one finding for each part that is still to be built. The part a directive
// belongs to is in its name.
#include "ssl_engine/settings/not_yet.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

enum class Part : std::uint8_t { ocsp, stapling };

Part part_of(const Error& line) {
  return line.where.directive.starts_with("SSLOCSP") ? Part::ocsp : Part::stapling;
}

bool is_about(const Error& error, Tp id) {
  return error.id == static_cast<MessageId>(id);
}

/// One error for all of `lines`; the first is its place.
Error together(Tp id, const std::vector<Error>& lines) {
  constexpr std::size_t kMostNamed = 60;  // a line is to fit into a log
  std::vector<std::string> others;
  for (const Error& line : lines) {
    std::string other = text(line.where.directive, " at ", line.where.file, ':', line.where.line);
    if (&line != &lines.front() && std::ranges::find(others, other) == others.end()) {
      others.push_back(std::move(other));
    }
    if (others.size() > kMostNamed) break;
  }
  if (others.size() > kMostNamed) others.back() = text("... (", lines.size(), " lines in all)");
  return diagnose(id, others.empty() ? std::string() : text("so for ", join(others, ", ")),
                  lines.front().where);
}

}  // namespace

void gather_not_yet(std::vector<Finding>& findings) {
  std::vector<Error> lines;
  std::array<bool, 2> is_needed{};
  const auto is_one = [](const Finding& finding) {
    return is_about(finding.error, Tp::directive_not_yet) ||
           is_about(finding.error, Tp::directive_unused);
  };
  for (const Finding& finding : findings) {
    if (!is_one(finding)) continue;
    lines.push_back(finding.error);
    if (is_about(finding.error, Tp::directive_not_yet)) {
      is_needed[static_cast<std::size_t>(part_of(finding.error))] = true;
    }
  }
  std::erase_if(findings, is_one);
  // What asks for a part comes first, as the place of the error.
  std::ranges::stable_partition(
      lines, [](const Error& line) { return is_about(line, Tp::directive_not_yet); });
  const auto unused = std::ranges::stable_partition(
      lines, [&](const Error& line) { return is_needed[static_cast<std::size_t>(part_of(line))]; });
  const std::vector<Error> needed(lines.begin(), unused.begin());
  lines.erase(lines.begin(), unused.begin());
  if (!needed.empty()) findings.push_back({together(Tp::directive_not_yet, needed), {}});
  if (!lines.empty()) findings.push_back({together(Tp::directive_unused, lines), {}});
}

}  // namespace tlsplus
