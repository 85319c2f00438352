// SPDX-License-Identifier: Apache-2.0
//
// How the commands speak: what can be pasted or read by a program goes to standard output, what is
// said to a person to standard error; and how they end.
#pragma once

#include <string>
#include <string_view>

#include "ssl_engine/base/error.h"
#include "ssl_engine/base/log.h"

namespace tlsplus::tools {

enum class Exit : int { done = 0, refused = 1, usage = 2 };

/// To standard output, as it is.
void print(std::string_view text) noexcept;
/// "tlsplus-cert: ..." to standard error.
void tell(std::string_view line) noexcept;
/// An Error and, if it has one, its hint on a line of its own.
void tell(const Error& error);
/// To be called first: a limit on the size of files, and a reader that went away, are errors of
/// write(2) from then on, and do not end the process.
void ignore_fatal_writes() noexcept;

/// Where at_boundary() reports: our own mistakes, and no memory.
class StandardError final : public LogSink {
 public:
  [[nodiscard]] bool enabled(Level level) const noexcept override { return level <= Level::error; }
  void write(Level level, std::string_view line) noexcept override;
};

}  // namespace tlsplus::tools
