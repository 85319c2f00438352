// SPDX-License-Identifier: Apache-2.0
//
// ServerLog, ConnectionLog, RequestLog: a line's way into httpd's error log. httpd's log functions
// want a module index for per-module log levels, so both of our names work: `LogLevel ssl:debug`
// and `LogLevel tlsplus:debug`, whichever was loaded.
#include "ssl_engine/httpd/apache/log.h"

#include "ssl_engine/httpd/apache/module.h"

namespace tlsplus {
namespace {

// ap_log_*error() take "file", line, module index; file and line of ours say nothing to an
// operator (the TP id does), so they are left out.
constexpr const char* kNoFile = nullptr;

int as_int(Level level) noexcept {
  return static_cast<int>(level);
}
int length_of(std::string_view line) noexcept {
  return static_cast<int>(line.size());
}

}  // namespace

bool ServerLog::enabled(Level level) const noexcept {
  return server_ == nullptr || APLOG_MODULE_IS_LEVEL(server_, module_index(), as_int(level));
}

void ServerLog::write(Level level, std::string_view line) noexcept {
  ap_log_error_(kNoFile, 0, module_index(), as_int(level), 0, server_, "%.*s", length_of(line),
                line.data());
}

bool StartupLog::enabled(Level level) const noexcept {
  return level <= Level::warn;
}

void StartupLog::write(Level level, std::string_view line) noexcept {
  ap_log_error_(kNoFile, 0, module_index(), as_int(level) | APLOG_STARTUP, 0, nullptr, "%.*s",
                length_of(line), line.data());
}

bool ConnectionLog::enabled(Level level) const noexcept {
  return APLOG_C_MODULE_IS_LEVEL(&connection_, module_index(), as_int(level));
}

void ConnectionLog::write(Level level, std::string_view line) noexcept {
  ap_log_cerror_(kNoFile, 0, module_index(), as_int(level), 0, &connection_, "%.*s",
                 length_of(line), line.data());
}

bool RequestLog::enabled(Level level) const noexcept {
  return APLOG_R_MODULE_IS_LEVEL(&request_, module_index(), as_int(level));
}

void RequestLog::write(Level level, std::string_view line) noexcept {
  ap_log_rerror_(kNoFile, 0, module_index(), as_int(level), 0, &request_, "%.*s", length_of(line),
                 line.data());
}

}  // namespace tlsplus
