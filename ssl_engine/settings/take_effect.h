// SPDX-License-Identifier: Apache-2.0
//
// take(), narrowed(): from a written value to the one in effect, for every kind of policy. What is
// not written leaves the default.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/base/setting.h"
#include "ssl_engine/openssl/tls/server_context.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/setting_values.h"

namespace tlsplus {

template <class Value, class Written>
void take(Value& value, const Setting<Written>& written) {
  if (written.is_set()) value = *written;
}
inline void take(ProtocolSet& versions, const Setting<ProtocolSelection>& written) {
  if (written.is_set()) versions = written->versions;
}
inline void take(std::vector<std::pair<std::string, std::string>>& commands,
                 const SettingList<ConfCommand, ListMerge::append>& written) {
  for (const auto& entry : written.entries()) {
    commands.emplace_back(entry.value.command, entry.value.value);
  }
}

/// Those of `versions` that OpenSSL's own configuration allows.
inline ProtocolSet narrowed(ProtocolSet versions, const SystemDefaults& system) {
  for (const Protocol protocol : kProtocols) {
    const std::uint16_t version = wire_version(protocol);
    if (version < system.lowest || (system.highest != 0 && version > system.highest)) {
      versions.remove(protocol);
    }
  }
  return versions;
}

}  // namespace tlsplus
