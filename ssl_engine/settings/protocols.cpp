// SPDX-License-Identifier: Apache-2.0
//
// ProtocolSet: the arithmetic of version sets. What this OpenSSL was built with is asked of
// openssl/features.h, so that a library without TLS 1.0 changes the default and not the code.
#include "ssl_engine/settings/protocols.h"

#include <array>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/features.h"

namespace tlsplus {
namespace {

struct ProtocolName {
  Protocol protocol;
  std::string_view name;
  std::uint16_t wire;  // RFC 6101 5.2.1, RFC 2246 6.2.1, RFC 4346, RFC 5246, RFC 8446 4.2.1
};

constexpr std::array<ProtocolName, kProtocols.size()> kNames{{
    {Protocol::ssl3, "SSLv3", 0x0300},
    {Protocol::tls1_0, "TLSv1", 0x0301},
    {Protocol::tls1_1, "TLSv1.1", 0x0302},
    {Protocol::tls1_2, "TLSv1.2", 0x0303},
    {Protocol::tls1_3, "TLSv1.3", 0x0304},
}};

const ProtocolName& row_of(Protocol protocol) noexcept {
  return kNames[static_cast<std::size_t>(protocol)];
}

}  // namespace

std::string_view name_of(Protocol protocol) noexcept {
  return row_of(protocol).name;
}

std::optional<Protocol> protocol_named(std::string_view name) noexcept {
  for (const auto& row : kNames) {
    if (equals_ignoring_case(row.name, name)) return row.protocol;
  }
  return std::nullopt;
}

std::string names_of(ProtocolSet versions, std::string_view separator) {
  std::vector<std::string> names;
  for (const auto& row : kNames) {
    if (versions.has(row.protocol)) names.emplace_back(row.name);
  }
  return join(names, separator);
}

std::uint16_t wire_version(Protocol protocol) noexcept {
  return row_of(protocol).wire;
}

std::optional<ProtocolRange> gap_free(ProtocolSet versions, ProtocolSet* dropped) noexcept {
  std::optional<ProtocolRange> range;
  bool below_gap = false;
  if (dropped != nullptr) *dropped = {};
  for (std::size_t i = kNames.size(); i-- > 0;) {
    const Protocol version = kNames[i].protocol;
    if (!versions.has(version)) {
      below_gap = range.has_value();
    } else if (!range) {
      range = ProtocolRange{version, version};
    } else if (!below_gap) {
      range->lowest = version;
    } else if (dropped != nullptr) {
      dropped->add(version);
    }
    if (below_gap && dropped == nullptr) break;
  }
  return range;
}

ProtocolSet default_protocols() noexcept {
  ProtocolSet all;
  for (const auto& row : kNames) {
    if (row.protocol != Protocol::ssl3 && is_built_in(row.protocol)) all.add(row.protocol);
  }
  return all;
}

bool is_built_in(Protocol protocol) noexcept {
  return library_speaks(wire_version(protocol));
}

}  // namespace tlsplus
