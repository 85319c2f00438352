// SPDX-License-Identifier: Apache-2.0
//
// ServerLog, ConnectionLog, RequestLog: LogSink over httpd's error log, with what httpd knows of
// the server, the connection or the request. They cost nothing to make and are made where they are
// needed, on the stack.
#pragma once

#include <span>

#include "ssl_engine/base/log.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

class ServerLog final : public LogSink {
 public:
  /// `server` may be null before the configuration is read.
  explicit ServerLog(const server_rec* server) noexcept : server_(server) {}
  [[nodiscard]] bool enabled(Level level) const noexcept override;
  void write(Level level, std::string_view line) noexcept override;

 private:
  const server_rec* server_;
};

/// While the configuration is read: the operator's terminal, without time stamps, or the error
/// log once it has taken the terminal's place.
class StartupLog final : public LogSink {
 public:
  [[nodiscard]] bool enabled(Level level) const noexcept override;
  void write(Level level, std::string_view line) noexcept override;
};

class ConnectionLog final : public LogSink {
 public:
  explicit ConnectionLog(const conn_rec& connection) noexcept : connection_(connection) {}
  [[nodiscard]] bool enabled(Level level) const noexcept override;
  void write(Level level, std::string_view line) noexcept override;

 private:
  const conn_rec& connection_;
};

class RequestLog final : public LogSink {
 public:
  explicit RequestLog(const request_rec& request) noexcept : request_(request) {}
  [[nodiscard]] bool enabled(Level level) const noexcept override;
  void write(Level level, std::string_view line) noexcept override;

 private:
  const request_rec& request_;
};

}  // namespace tlsplus
