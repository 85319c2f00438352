// SPDX-License-Identifier: Apache-2.0
//
// Asking for variables as a server would at one fixed moment, for all tests of their values.
#pragma once

#include <string>
#include <string_view>

#include "ssl_engine/request/variables.h"
#include "t/unit/unit.h"

namespace tlsplus::test {

constexpr WallTime kNow{std::chrono::seconds{1767225600}};  // 2026-01-01 00:00:00 UTC
constexpr const char* kNone = "(none)";

/// `tls` lives as long as the query.
inline VariableQuery query_of(const TlsView& tls) {
  VariableQuery query;
  query.tls = &tls;
  query.interface_version = "mod_ssl/2.4.71";
  query.now = kNow;
  return query;
}

/// kNone for a variable without value, so that rows of a table can say so.
inline std::string asked(std::string_view name, const VariableQuery& query) {
  const auto value = look_up(name, query);
  return value ? std::string(value->view()) : kNone;
}
inline std::string asked(std::string_view name, const TlsView& tls) {
  return asked(name, query_of(tls));
}

}  // namespace tlsplus::test
