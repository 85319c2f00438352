// SPDX-License-Identifier: Apache-2.0
//
// Command: the commands of tlsplus-cert as rows: what they are called, which options they take,
// what --help says, and what they do.
#pragma once

#include <span>
#include <string_view>

#include "ssl_engine/base/result.h"
#include "ssl_engine/tools/arguments.h"
#include "ssl_engine/tools/console.h"

namespace tlsplus::tools {

struct Command {
  std::string_view name;
  std::string_view help;  // printed as it is
  std::span<const Option> options;
  std::size_t others = 0;  // words that belong to no option, exactly so many
  Exit (*run)(const Arguments& arguments);
};

// One each in command_*.cpp.
extern const Command kSelfSignedCommand;
extern const Command kRequestCommand;
extern const Command kAuthorityCommand;
extern const Command kIssueCommand;
extern const Command kCrlCommand;
extern const Command kFetchChainCommand;

}  // namespace tlsplus::tools
