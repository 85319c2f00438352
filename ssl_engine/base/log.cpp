// SPDX-License-Identifier: Apache-2.0
//
// LogSink::critical(): the one line a sink writes by itself. It must not allocate: it may be
// reporting that there is no memory left.
#include "ssl_engine/base/log.h"

#include <array>
#include <cstdio>

namespace tlsplus {

void LogSink::critical(const char* entry, std::string_view what) noexcept {
  std::array<char, 256> line{};
  const int length = std::snprintf(line.data(), line.size(), "exception in %s: %.*s", entry,
                                   static_cast<int>(what.size()), what.data());
  if (length <= 0) return;
  const auto used = static_cast<std::size_t>(length);
  write(Level::crit, {line.data(), used < line.size() ? used : line.size() - 1});
}

}  // namespace tlsplus
