// SPDX-License-Identifier: Apache-2.0
#include "ssl_engine/tools/console.h"

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "ssl_engine/base/text.h"

namespace tlsplus::tools {
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

void ignore_fatal_writes() noexcept {
  (void)signal(SIGXFSZ, SIG_IGN);
  (void)signal(SIGPIPE, SIG_IGN);
}

void StandardError::write(Level /*level*/, std::string_view line) noexcept {
  tell(line);
}

}  // namespace tlsplus::tools
