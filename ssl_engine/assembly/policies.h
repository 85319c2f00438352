// SPDX-License-Identifier: Apache-2.0
//
// Policies: what a host's settings come to, each distinct result once, so that hosts with the same
// can be told by its address.
#pragma once

#include <memory>
#include <unordered_map>

#include "ssl_engine/openssl/tls/server_context.h"
#include "ssl_engine/settings/policy.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

class Policies {
 public:
  std::shared_ptr<const Policy> of(const ServerConfig& config) {
    auto [known, is_new] = known_.try_emplace(effective_policy(config, system_));
    if (is_new) known->second = std::make_shared<const Policy>(known->first);
    return known->second;
  }

 private:
  SystemDefaults system_ = system_defaults();
  std::unordered_map<Policy, std::shared_ptr<const Policy>, PolicyHash> known_;
};

}  // namespace tlsplus
