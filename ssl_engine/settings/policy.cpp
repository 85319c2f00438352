// SPDX-License-Identifier: Apache-2.0
//
// effective_policy(): defaults are applied here and nowhere else, as Policy's members hold them: a
// host that spells a default out has the same policy as one that leaves it unset.
#include "ssl_engine/settings/policy.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <type_traits>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/take_effect.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

constexpr std::chrono::seconds kLongestSession = std::chrono::hours(7 * 24);  // RFC 8446 4.6.1

void mix_in(std::size_t& hash, std::size_t value) noexcept {
  constexpr std::size_t kGolden = 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio: spreads the bits
  hash ^= value + kGolden + (hash << 6U) + (hash >> 2U);
}

template <class T>
requires std::is_integral_v<T> || std::is_enum_v<T>
void mix(std::size_t& hash, T value) noexcept {
  mix_in(hash, static_cast<std::size_t>(value));
}
void mix(std::size_t& hash, std::string_view text) noexcept {
  mix_in(hash, std::hash<std::string_view>{}(text));
}
void mix(std::size_t& hash, std::chrono::seconds value) noexcept {
  mix(hash, value.count());
}
void mix(std::size_t& hash, ProtocolSet versions) noexcept {
  for (const Protocol protocol : kProtocols) mix(hash, versions.has(protocol));
}
void mix(std::size_t& hash, RevocationSetting setting) noexcept {
  mix(hash, setting.check);
  mix(hash, setting.missing_is_fine);
}
void mix(std::size_t& hash, OcspSetting setting) noexcept {
  mix(hash, setting.which);
  mix(hash, setting.missing_is_fine);
}
void mix(std::size_t& hash,
         const std::vector<std::pair<std::string, std::string>>& commands) noexcept {
  for (const auto& [command, value] : commands) {
    mix(hash, command);
    mix(hash, value);
  }
}

}  // namespace

std::size_t Policy::hash() const noexcept {
  std::size_t hash = 0;
  for_each_host_field([&](const auto& field) {
    if constexpr (std::decay_t<decltype(field)>::kIsInPolicy) mix(hash, field.of(*this));
  });
  return hash;
}

bool Policy::has_command(std::initializer_list<std::string_view> names) const noexcept {
  return std::ranges::any_of(conf_commands, [&](const auto& command) {
    return std::ranges::any_of(
        names, [&](std::string_view name) { return equals_ignoring_case(command.first, name); });
  });
}

Policy effective_policy(const ServerConfig& config, const SystemDefaults& system) {
  Policy policy;
  policy.selected = narrowed(default_protocols(), system);
  policy.cipher_list = system.cipher_list;
  for_each_host_field([&](const auto& field) {
    if constexpr (std::decay_t<decltype(field)>::kIsInPolicy) {
      take(field.of(policy), config.*field.written);
    }
  });
  policy.versions = gap_free(policy.selected).value_or(ProtocolRange{});
  policy.cipher_list = std::string(trim(policy.cipher_list));
  policy.cipher_suites = std::string(trim(policy.cipher_suites));
  policy.session_timeout = std::min(policy.session_timeout, kLongestSession);
  return policy;
}

std::string session_values(const Policy& policy) {
  std::string values;
  for_each_host_field([&](const auto& field) {
    if constexpr (std::decay_t<decltype(field)>::kIsInPolicy) {
      if (field.session == SessionBond::value) {
        values += text(field.directive, '=', spelled(field.of(policy)), '\n');
      }
    }
  });
  return values;
}

}  // namespace tlsplus
