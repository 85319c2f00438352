// SPDX-License-Identifier: Apache-2.0
//
// spelled(): values as a directive's words. Versions are spelled as a list that says all: what it
// leaves out is off.
#include "ssl_engine/settings/words.h"

namespace tlsplus {

std::string spelled(bool value) {
  return value ? "on" : "off";
}

std::string spelled(int value) {
  return std::to_string(value);
}

std::string spelled(std::string_view value) {
  return std::string(value);
}

std::string spelled(std::chrono::seconds value) {
  return std::to_string(value.count());
}

std::string spelled(ProtocolSet versions) {
  std::string list = "-all";
  for (const Protocol protocol : kProtocols) {
    if (versions.has(protocol)) list += text(" +", name_of(protocol));
  }
  return list;
}

std::string spelled(VerifyMode mode) {
  return std::string(word_for(kVerifyModes, mode));
}

std::string spelled(RevocationSetting setting) {
  const std::string_view check = word_for(kRevocationChecks, setting.check);
  return setting.missing_is_fine ? text(check, ' ', kNoCrlIsFine) : std::string(check);
}

std::string spelled(OcspSetting setting) {
  const std::string_view check = word_for(kOcspChecks, setting.which);
  return setting.missing_is_fine ? text(check, ' ', kNoOcspIsFine) : std::string(check);
}

std::string spelled(PlainHttp answer) {
  return std::string(word_for(kPlainHttpAnswers, answer));
}

std::string spelled(NameCheck check) {
  return std::string(word_for(kNameChecks, check));
}

std::string spelled(ExtraTrust extra) {
  std::vector<std::string> all;
  for (const auto& row : kExtraTrusts) {
    if (extra.*row.value) all.emplace_back(row.word);
  }
  return all.empty() ? "off" : join(all, " ");
}

std::string spelled(const ConfCommand& command) {
  return text(command.command, ' ', command.value);
}

std::string spelled(const std::vector<std::pair<std::string, std::string>>& commands) {
  std::vector<std::string> lines;
  lines.reserve(commands.size());
  for (const auto& [command, value] : commands) lines.push_back(text(command, ' ', value));
  return join(lines, "\n");
}

}  // namespace tlsplus
