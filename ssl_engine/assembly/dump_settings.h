// SPDX-License-Identifier: Apache-2.0
//
// shown_settings(): the settings of a virtual host for people, effective values with the lines that
// made them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/settings/host_settings.h"
#include "ssl_engine/settings/proxy_settings.h"

namespace tlsplus {

struct ShownSetting {
  std::string_view directive;
  std::string value;
  Where where;  // empty: a default
};

/// In the order of fields(); one entry per occurrence, none for what has no value.
std::vector<ShownSetting> shown_settings(const ServerConfig& config, const Policy& policy);
std::vector<ShownSetting> shown_settings(const ProxyConfig& config, const ProxyPolicy& policy);

}  // namespace tlsplus
