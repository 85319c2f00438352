// SPDX-License-Identifier: Apache-2.0
//
// ExpiryWatch: which of the certificates that are presented end soon, and who has to be told of it
// today. Each is told of once a day, and once more when it becomes critical; one that was renewed
// is not among those presented any more, and that is all it takes.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/settings/setting_values.h"

namespace tlsplus {

/// Not thread safe.
class ExpiryWatch {
 public:
  explicit ExpiryWatch(ExpiryWindow window) noexcept : window_(window) {}

  struct Ending {
    std::string file;                // as the configuration names it
    std::vector<std::string> hosts;  // that present it, in their order
    std::string serial;
    WallTime not_after{};
    bool is_critical = false;
    bool is_told_at_start = false;  // by the judgement of the configuration
  };
  /// Those to be told of now, the first to end before the others.
  std::vector<Ending> look(const Snapshot& snapshot, WallTime now);

  /// How long before its end a certificate is warned of; 0: never.
  [[nodiscard]] std::chrono::seconds window_of(const StoredCertificate& certificate) const noexcept;

 private:
  struct Told {
    WallTime at{};
    bool was_critical = false;
  };

  ExpiryWindow window_;
  bool is_first_look_ = true;
  std::map<Fingerprint, Told> told_;  // of those that end soon
};

/// As a log has it: file, hosts, what is left.
Error message_of(const ExpiryWatch::Ending& ending, WallTime now);

}  // namespace tlsplus
