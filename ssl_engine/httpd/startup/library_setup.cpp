// SPDX-License-Identifier: Apache-2.0
//
// LibrarySetup: when each of its parts is started. An accelerator starts in the parent. An engine
// that has to do with a token does not survive the fork, and starts in each child.
#include "ssl_engine/httpd/startup/library_setup.h"

#include <string>
#include <utility>

namespace tlsplus {

std::vector<Finding> LibrarySetup::apply(const GlobalConfig& global) {
  std::vector<Finding> found;
  if (global.fips.value_or(false)) {
    auto mode = FipsMode::switch_on();
    if (mode) {
      fips_ = std::move(*mode);
    } else {
      found.push_back(
          {diagnose(Tp::fips_without_provider, mode.error().what, global.fips.where()), {}});
    }
  }
  const std::string id(global.crypto_device.value_or({}));
  if (id.empty() || crypto_engine_kind(id) != EngineKind::computes) return found;
  if (const Status started = start_engine(id); !started) {
    found.push_back(
        {diagnose(Tp::crypto_device_failed, started.error().what, global.crypto_device.where()),
         {}});
  }
  return found;
}

void LibrarySetup::apply_in_child(const GlobalConfig& global, LogSink& log) {
  const std::string id(global.crypto_device.value_or({}));
  if (id.empty() || engine_ != nullptr) return;
  if (const Status started = start_engine(id); !started) {
    log_error(log, diagnose(Tp::crypto_device_failed, started.error().what));
  }
}

Status LibrarySetup::start_engine(const std::string& id) {
  auto started = CryptoEngine::start(id);
  if (!started) return std::move(started).error();
  Status enabled = (*started)->make_default();
  if (enabled) engine_ = std::move(*started);
  return enabled;
}

}  // namespace tlsplus
