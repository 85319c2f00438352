// SPDX-License-Identifier: Apache-2.0
//
// put<>, and the other setters of the directives' table: what a row does with its line. put<field,
// parser> does for most; those with a name of their own set two things, or one of two, or nothing
// at all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/directives.h"
#include "ssl_engine/settings/words_apart.h"

namespace tlsplus {

inline GlobalConfig& config_of(const Targets& targets, const GlobalConfig*) {
  return targets.global;
}
inline ServerConfig& config_of(const Targets& targets, const ServerConfig*) {
  return targets.server;
}
inline DirConfig& config_of(const Targets& targets, const DirConfig*) {
  return targets.directory;
}
inline ProxyConfig& config_of(const Targets& targets, const ProxyConfig*) {
  return *targets.proxy;
}

template <class T>
void store(Setting<T>& field, T value, const Origin& origin) {
  field = Setting<T>(std::move(value), origin);
}
template <class T, ListMerge Rule>
void store(SettingList<T, Rule>& field, T value, const Origin& origin) {
  field.add(std::move(value), origin);
}

template <class Config, class Field>
const Config* owner_of(Field Config::*) {
  return nullptr;
}

/// Parses the line and sets `field`, a pointer to a member of one of the configurations.
template <auto Field, auto Parse>
Status put(const Line& line, const Targets& targets) {
  auto value = Parse(line);
  if (!value && line.row.shape == Shape::raw) {
    return with_words_apart(line, std::move(value).error(),
                            [](const Line& apart) { return static_cast<bool>(Parse(apart)); });
  }
  if (!value) return std::move(value).error();
  store(config_of(targets, owner_of(Field)).*Field, *std::move(value), line.origin);
  return {};
}

/// httpd's own table allows the line in a directory, and then it is refused: with words of ours.
template <auto Field, auto Parse>
Status put_in_server(const Line& line, const Targets& targets) {
  auto value = Parse(line);
  if (!value) return std::move(value).error();
  if (line.in_directory) return line.refusal(Tp::ca_in_directory, quote(*value));
  store(targets.server.*Field, *std::move(value), line.origin);
  return {};
}

Status set_ciphers(const Line& line, const Targets& targets);
Status set_proxy_ciphers(const Line& line, const Targets& targets);
Status set_verify_client(const Line& line, const Targets& targets);
Status set_verify_depth(const Line& line, const Targets& targets);
Status set_require_ssl(const Line& line, const Targets& targets);
Status set_require(const Line& line, const Targets& targets);
Status set_options(const Line& line, const Targets& targets);
Status set_crypto_device(const Line& line, const Targets& targets);
Status set_fips(const Line& line, const Targets& targets);
Status removed(const Line& line, const Targets& targets);
Status renamed(const Line& line, const Targets& targets);
Status old_mutex(const Line& line, const Targets& targets);

}  // namespace tlsplus
