// SPDX-License-Identifier: Apache-2.0
//
// LogSink: where a message goes, without saying how. httpd/apache/log.h has the real sinks (server,
// connection, request); t/unit/unit.h has one that remembers. A sink never throws: it is called
// from the places where exceptions end.
#pragma once

#include <cstdint>
#include <string_view>

namespace tlsplus {

/// httpd's levels, same order, so that the glue's mapping is a cast (http_log.h).
enum class Level : std::uint8_t {
  emerg = 0,
  alert = 1,
  crit = 2,
  error = 3,
  warn = 4,
  notice = 5,
  info = 6,
  debug = 7,
  trace1 = 8,
  trace2 = 9,
  trace3 = 10,
  trace4 = 11,
  trace5 = 12,
  trace6 = 13,
  trace7 = 14,
  trace8 = 15,
};

class LogSink {
 public:
  LogSink() = default;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  virtual ~LogSink() = default;

  /// Cheap; ask before building a line that is rarely wanted.
  [[nodiscard]] virtual bool enabled(Level level) const noexcept = 0;
  /// One line, already escaped, without a line end.
  virtual void write(Level level, std::string_view line) noexcept = 0;

  /// An exception ended at a boundary: our own mistake or no memory.
  void critical(const char* entry, std::string_view what) noexcept;
};

}  // namespace tlsplus
