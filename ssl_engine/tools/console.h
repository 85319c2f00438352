// SPDX-License-Identifier: Apache-2.0
//
// print(), tell(), run_command(): how the commands speak: what can be pasted or read by a program
// goes to standard output, what is said to a person to standard error; and how they end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/error.h"

namespace tlsplus::tools {

enum class Exit : int { done = 0, refused = 1, usage = 2 };

/// To standard output, as it is.
void print(std::string_view text) noexcept;
/// "tlsplus-cert: ..." to standard error.
void tell(std::string_view line) noexcept;
/// An Error and, if it has one, its hint on a line of its own.
void tell(const Error& error);
/// Says what is wrong with how the command was called.
Exit misused(const Error& error);
/// Says why it was not done.
Exit refused(const Error& error);

/// What every main() does: runs `run` with the words behind the command's name. No exception leaves
/// it, and what would kill a process that writes (a reader that went away, a limit on the size of
/// files) is an error of write(2).
/// Returns main()'s exit status.
int run_command(int argc, char** argv, Exit (*run)(const std::vector<std::string>& words)) noexcept;

}  // namespace tlsplus::tools
