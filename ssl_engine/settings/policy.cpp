// SPDX-License-Identifier: Apache-2.0
//
// Defaults are applied here and nowhere else: a host that spells a default out has the same
// policy as one that leaves it unset.
#include "ssl_engine/settings/policy.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::chrono::seconds kLongestSession = std::chrono::hours(7 * 24);  // RFC 8446 4.6.1

void mix(std::size_t& hash, std::size_t value) noexcept {
  constexpr std::size_t kGolden = 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio: spreads the bits
  hash ^= value + kGolden + (hash << 6U) + (hash >> 2U);
}

void mix(std::size_t& hash, std::string_view text) noexcept {
  mix(hash, std::hash<std::string_view>{}(text));
}

}  // namespace

std::size_t Policy::hash() const noexcept {
  std::size_t hash = 0;
  for (std::size_t i = 0; i < kProtocolCount; ++i) {
    mix(hash, std::size_t{selected.has(static_cast<Protocol>(i))});
  }
  mix(hash, cipher_list);
  mix(hash, cipher_suites);
  mix(hash, std::size_t{honor_cipher_order} | std::size_t{compression} << 1U |
                std::size_t{insecure_renegotiation} << 2U | std::size_t{session_tickets} << 3U);
  mix(hash, static_cast<std::size_t>(session_timeout.count()));
  for (const auto& [command, value] : conf_commands) {
    mix(hash, command);
    mix(hash, value);
  }
  mix(hash, srp_file);
  mix(hash, srp_seed);
  mix(hash, static_cast<std::size_t>(client_auth.mode));
  mix(hash, static_cast<std::size_t>(client_auth.depth));
  for (const std::string* path :
       {&client_auth.ca_file, &client_auth.ca_path, &client_auth.ca_request_file,
        &client_auth.ca_request_path, &client_auth.crl_file, &client_auth.crl_path}) {
    mix(hash, *path);
  }
  mix(hash, static_cast<std::size_t>(client_auth.crl_check.check) << 1U |
                std::size_t{client_auth.crl_check.missing_is_fine});
  return hash;
}

bool Policy::has_command(std::initializer_list<std::string_view> names) const noexcept {
  return std::ranges::any_of(conf_commands, [&](const auto& command) {
    return std::ranges::any_of(
        names, [&](std::string_view name) { return equals_ignoring_case(command.first, name); });
  });
}

namespace {

ClientAuth client_auth_of(const ServerConfig& config) {
  ClientAuth auth;
  auth.mode = config.verify_client.value_or(auth.mode);
  auth.depth = config.verify_depth.value_or(auth.depth);
  auth.ca_file = config.ca_file.value_or({});
  auth.ca_path = config.ca_path.value_or({});
  auth.ca_request_file = config.ca_request_file.value_or({});
  auth.ca_request_path = config.ca_request_path.value_or({});
  auth.crl_file = config.crl_file.value_or({});
  auth.crl_path = config.crl_path.value_or({});
  auth.crl_check = config.crl_check.value_or(auth.crl_check);
  return auth;
}

ProtocolSet narrowed(ProtocolSet versions, const SystemDefaults& system) {
  for (std::size_t i = 0; i < kProtocolCount; ++i) {
    const auto protocol = static_cast<Protocol>(i);
    const std::uint16_t version = wire_version(protocol);
    if (version < system.lowest || (system.highest != 0 && version > system.highest)) {
      versions.remove(protocol);
    }
  }
  return versions;
}

}  // namespace

Policy effective_policy(const ServerConfig& config, const SystemDefaults& system) {
  Policy policy;
  policy.selected =
      config.protocol.is_set() ? config.protocol->versions : narrowed(default_protocols(), system);
  policy.versions = gap_free(policy.selected).value_or(ProtocolRange{});
  policy.cipher_list = trim(config.cipher_list.value_or(system.cipher_list));
  policy.cipher_suites = trim(config.cipher_suites.value_or({}));
  policy.honor_cipher_order = config.honor_cipher_order.value_or(policy.honor_cipher_order);
  policy.compression = config.compression.value_or(policy.compression);
  policy.insecure_renegotiation =
      config.insecure_renegotiation.value_or(policy.insecure_renegotiation);
  policy.session_tickets = config.session_tickets.value_or(policy.session_tickets);
  policy.session_timeout =
      std::min(config.session_timeout.value_or(policy.session_timeout), kLongestSession);
  for (const auto& entry : config.conf_commands.entries()) {
    policy.conf_commands.emplace_back(entry.value.command, entry.value.value);
  }
  policy.client_auth = client_auth_of(config);
  policy.srp_file = config.srp_file.value_or({});
  policy.srp_seed = config.srp_seed.value_or({});
  return policy;
}

}  // namespace tlsplus
