// SPDX-License-Identifier: Apache-2.0
//
// ExpiryServices: the watch over the end of certificates, in the parent's monitor hook: a line in
// the log, and the program of TLSPlusNotifyCmd, for each that ends soon.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/helper_process.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/connection/engine.h"
#include "ssl_engine/reload/expiry_watch.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

/// All of it is the parent's, on its one thread.
class ExpiryServices {
 public:
  /// Both must outlive this.
  ExpiryServices(Engine& engine, LogSink& log) noexcept : engine_(engine), log_(log) {}
  ExpiryServices(const ExpiryServices&) = delete;
  ExpiryServices& operator=(const ExpiryServices&) = delete;
  /// Ends a program that is still running.
  ~ExpiryServices() = default;

  /// post_config. `children` is the account that the program runs under; none: ours.
  void open(const GlobalConfig& global, std::optional<RunAs> children);
  /// child_init: what runs is the parent's.
  void open_in_child() noexcept;
  /// monitor hook.
  void tick() noexcept;

 private:
  void look();
  void see_to_program();
  void start(const ExpiryWatch::Ending& ending);

  Engine& engine_;
  LogSink& log_;
  std::optional<ExpiryWatch> watch_;  // none: off
  std::string program_;               // with its arguments; empty: none
  std::optional<RunAs> children_;
  std::deque<ExpiryWatch::Ending> waiting_;  // for the program, which runs once at a time
  std::unique_ptr<HelperProcess> running_;
  Instant next_look_{};
};

}  // namespace tlsplus
