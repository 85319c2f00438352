// SPDX-License-Identifier: Apache-2.0
//
// The words of directives for values that have one, both ways: parsers read them, the dump and
// whoever else shows a setting writes them.
#pragma once

#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/client_ocsp.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/setting_values.h"

namespace tlsplus {

template <class T>
struct Word {
  std::string_view word;
  T value;
};

// Of several words for one value the first is the one to show.
constexpr auto kVerifyModes = std::to_array<Word<VerifyMode>>({
    {"none", VerifyMode::none},
    {"off", VerifyMode::none},
    {"optional", VerifyMode::optional},
    {"require", VerifyMode::require},
    {"on", VerifyMode::require},
    {"optional_no_ca", VerifyMode::optional_no_ca},
});
constexpr auto kRevocationChecks = std::to_array<Word<RevocationCheck>>({
    {"none", RevocationCheck::none},
    {"leaf", RevocationCheck::leaf},
    {"chain", RevocationCheck::chain},
});
constexpr auto kNameChecks = std::to_array<Word<NameCheck>>({
    {"on", NameCheck::names},
    {"off, but the CN is", NameCheck::common_name},
    {"off", NameCheck::none},
});
constexpr auto kOcspChecks = std::to_array<Word<OcspSetting::Which>>({
    {"off", OcspSetting::Which::off},
    {"leaf", OcspSetting::Which::leaf},
    {"on", OcspSetting::Which::chain},
});
constexpr std::string_view kNoOcspIsFine = "no_ocsp_for_cert_ok";
constexpr std::string_view kNoCrlIsFine = "no_crl_for_cert_ok";
constexpr auto kExtraTrusts = std::to_array<Word<bool ExtraTrust::*>>({
    {"+system", &ExtraTrust::system},
    {"+partial-chain", &ExtraTrust::partial_chain},
});
constexpr auto kPlainHttpAnswers = std::to_array<Word<PlainHttp>>({
    {"explain", PlainHttp::explain},
    {"redirect", PlainHttp::redirect},
});
constexpr auto kSniPolicies = std::to_array<Word<SniPolicy>>({
    {"strict", SniPolicy::strict},
    {"secure", SniPolicy::secure},
    {"authonly", SniPolicy::auth_only},
    {"insecure", SniPolicy::insecure},
});

/// Case does not matter; nullopt if `word` is none of them.
template <class Words>
auto value_named(const Words& words, std::string_view word) noexcept {
  std::optional<decltype(words[0].value)> value;
  for (const auto& row : words) {
    if (!value && equals_ignoring_case(row.word, word)) value = row.value;
  }
  return value;
}

template <class Words>
std::vector<std::string> words_in(const Words& words) {
  std::vector<std::string> all;
  all.reserve(std::size(words));
  for (const auto& row : words) all.emplace_back(row.word);
  return all;
}

template <class Words, class T>
constexpr std::string_view word_for(const Words& words, T value) noexcept {
  for (const auto& row : words) {
    if (row.value == value) return row.word;
  }
  return {};
}

/// Values as a directive would spell them; not escaped.
std::string spelled(bool value);
std::string spelled(int value);
std::string spelled(std::string_view value);
std::string spelled(std::chrono::seconds value);
std::string spelled(ProtocolSet versions);
std::string spelled(VerifyMode mode);
std::string spelled(RevocationSetting setting);
std::string spelled(OcspSetting setting);
std::string spelled(PlainHttp answer);
std::string spelled(NameCheck check);
std::string spelled(ExtraTrust extra);
std::string spelled(const ConfCommand& command);
/// Several commands, a line each.
std::string spelled(const std::vector<std::pair<std::string, std::string>>& commands);

}  // namespace tlsplus
