// SPDX-License-Identifier: Apache-2.0
//
// fault_of_name(): RFC 9525 6 with two liberties that users of mod_ssl rely on: common names count,
// and an address may stand in a dNSName or a CN. One that mod_ssl does not have: an address may be
// an iPAddress.
#include "ssl_engine/trust/peer_name.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/validity.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostNames = 8;    // that a log line has of a certificate with hundreds
constexpr std::size_t kMostShown = 100;  // octets of each

std::string shown(std::string_view name) {
  return cut(escape(name, kMostShown), kMostShown);
}

std::string list_of(const std::vector<std::string>& names) {
  std::vector<std::string> words;
  for (const std::string& name : names) {
    if (words.size() == kMostNames) break;
    words.push_back(shown(name));
  }
  if (names.size() > words.size()) words.push_back(text(names.size() - words.size(), " more"));
  return join(words, ", ");
}

// No name of a host has any of these; a certificate might.
bool can_be_a_host(std::string_view host) noexcept {
  return std::ranges::none_of(host, [](char c) { return c == '*' || (c >= '\0' && c <= ' '); });
}

std::string names_in_words(const HostNames& names, NameCheck check) {
  std::vector<std::string> kinds;
  if (check == NameCheck::names && !names.alternative.empty()) {
    kinds.push_back(list_of(names.alternative));
  }
  if (!names.common.empty()) kinds.push_back(text("common name ", list_of(names.common)));
  return kinds.empty() ? "none" : join(kinds, "; ");
}

}  // namespace

std::string fault_of_name(X509& certificate, std::string_view host, NameCheck check) {
  if (check == NameCheck::none) return {};
  HostNames names = host_names_of(certificate);
  if (check == NameCheck::common_name && names.common.size() > 1) names.common.resize(1);
  std::vector<std::string> counting = names.common;
  if (check == NameCheck::names) std::ranges::copy(names.alternative, std::back_inserter(counting));
  if (can_be_a_host(host) && names_cover(counting, host)) return {};
  return text('"', shown(host), "\" is not among its names: ", names_in_words(names, check));
}

std::string fault_of_dates(const X509& certificate, WallTime now) {
  Validity validity = validity_at(now, not_before_of(certificate), not_after_of(certificate));
  const bool is_outside =
      validity.state == Validity::State::over || validity.state == Validity::State::ahead;
  return is_outside ? std::move(validity.words) : std::string();
}

}  // namespace tlsplus
