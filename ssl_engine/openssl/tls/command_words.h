// SPDX-License-Identifier: Apache-2.0
//
// review_command_value(), GroupList: the value of a command of SSL_CONF_cmd(3) that OpenSSL
// refuses, and lists of groups, word by word: it says that a list is wrong, but not which of its
// words it does not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tlsplus {

struct CommandValueReview {
  std::vector<std::string> faults;  // a clause for each word that is refused, in quotation marks
  std::vector<std::string> known;   // the common words that this OpenSSL takes, the usual first
  std::string mended;               // a value that OpenSSL takes; empty if none is found
};

/// `command` as in a configuration file, in any case. Of a command whose words are not known here
/// (Certificate, DHParameters) nothing is said.
CommandValueReview review_command_value(std::string_view command, std::string_view value);

/// The command that OpenSSL has and `command` is like, which it does not have; empty if there is
/// none.
std::string command_like(std::string_view command);

/// A list of groups as TLSPlusGroups has it: names with colons in between, '?' before one that may
/// be missing.
struct GroupList {
  std::string usable;                // those that this OpenSSL has, each once, without '?'
  std::vector<std::string> unknown;  // those without '?' that it does not have
  std::string mended;                // the list with what was meant, or '?', where one is unknown

  /// Why the list cannot be used; empty if it can.
  [[nodiscard]] std::string fault() const;
};
GroupList read_groups(std::string_view list);

/// What stands between the words of such a value: a colon, a comma; 0 if it is one word.
char separator_of_command(std::string_view command) noexcept;

}  // namespace tlsplus
