// SPDX-License-Identifier: Apache-2.0
//
// How each setting of a virtual host is shown: its effective value and the line that made it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/settings/policy.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

struct ShownSetting {
  std::string value;
  Where where;  // empty: a default
};

struct SettingRow {
  std::string_view directive;
  /// One line per occurrence; none for a list without entries.
  std::vector<ShownSetting> (*show)(const ServerConfig& config, const Policy& policy);
};

/// One row per member of ServerConfig, in the order of fields().
std::span<const SettingRow> setting_rows() noexcept;

}  // namespace tlsplus
