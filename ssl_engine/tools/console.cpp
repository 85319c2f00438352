// SPDX-License-Identifier: Apache-2.0
//
// print(), tell(), run_command(): the two streams and the exit status. A pipe that nobody reads and
// a file that is too large are errors of a write and not the end of the process.
#include "ssl_engine/tools/console.h"

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/base/text.h"

namespace tlsplus::tools {
namespace {

void ignore_fatal_writes() noexcept {
  (void)signal(SIGXFSZ, SIG_IGN);
  (void)signal(SIGPIPE, SIG_IGN);
}

/// Where at_boundary() reports: our own mistakes, and no memory.
class StandardError final : public LogSink {
 public:
  [[nodiscard]] bool enabled(Level level) const noexcept override { return level <= Level::error; }
  void write(Level /*level*/, std::string_view line) noexcept override { tell(line); }
};

}  // namespace

void print(std::string_view text) noexcept {
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  (void)std::fflush(stdout);
}

void tell(std::string_view line) noexcept {
  (void)std::fprintf(stderr, "%s: %.*s\n", program_invocation_short_name,
                     static_cast<int>(line.size()), line.data());
}

void tell(const Error& error) {
  tell(error.what);
  if (!error.hint.empty()) tell(text("try: ", error.hint));
}

Exit misused(const Error& error) {
  tell(error);
  tell("--help shows how");
  return Exit::usage;
}

Exit refused(const Error& error) {
  tell(error);
  return Exit::refused;
}

int run_command(int argc, char** argv,
                Exit (*run)(const std::vector<std::string>& words)) noexcept {
  ignore_fatal_writes();
  StandardError log;
  return static_cast<int>(at_boundary(log, "main", Exit::refused, [&] {
    return run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  }));
}

}  // namespace tlsplus::tools
