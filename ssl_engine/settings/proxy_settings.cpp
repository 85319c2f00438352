// SPDX-License-Identifier: Apache-2.0
//
// effective_proxy_policy(): defaults are applied here, as ProxyPolicy's members hold them.
#include "ssl_engine/settings/proxy_settings.h"

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/take_effect.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {

NameCheck name_check_of(const Setting<bool>& check_name, const Setting<bool>& check_cn) noexcept {
  if (check_name.value_or(defaults::kCheckPeer)) {
    const bool checks = check_name.is_set() || check_cn.value_or(defaults::kCheckPeer);
    return checks ? NameCheck::names : NameCheck::none;
  }
  return check_cn.value_or(false) ? NameCheck::common_name : NameCheck::none;
}

namespace {

// Two lines make one value, which is none's alone.
void take(NameCheck&, const Setting<bool>&) {}

}  // namespace

ProxyPolicy effective_proxy_policy(const ProxyConfig& config, const SystemDefaults& system) {
  ProxyPolicy policy;
  policy.selected = narrowed(default_protocols(), system);
  policy.cipher_list = system.cipher_list;
  for_each_proxy_field([&](const auto& field) {
    if constexpr (std::decay_t<decltype(field)>::kIsInPolicy) {
      take(field.of(policy), config.*field.written);
    }
  });
  policy.name_check = name_check_of(config.check_name, config.check_cn);
  policy.versions = gap_free(policy.selected).value_or(ProtocolRange{});
  policy.cipher_list = std::string(trim(policy.cipher_list));
  policy.cipher_suites = std::string(trim(policy.cipher_suites));
  return policy;
}

std::string effective_values(const ProxyPolicy& policy) {
  std::string values;
  for_each_proxy_field([&](const auto& field) {
    if constexpr (std::decay_t<decltype(field)>::kIsInPolicy) {
      values += text(field.directive, '=', spelled(field.of(policy)), '\n');
    }
  });
  return values;
}

}  // namespace tlsplus
