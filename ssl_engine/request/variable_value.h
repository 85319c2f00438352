// SPDX-License-Identifier: Apache-2.0
//
// What the functions of variables have in common: from a text to a value, and whose certificate is
// meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ssl_engine/request/variables.h"

namespace tlsplus {

using Value = std::optional<VariableText>;

inline Value to_value(std::string text) {
  if (text.empty()) return std::nullopt;
  return VariableText(std::move(text));
}
inline Value to_value(std::optional<std::string> text) {
  if (!text) return std::nullopt;
  return VariableText(std::move(*text));
}
/// Library memory only: what belongs to the connection is returned as a string.
inline Value to_value(std::string_view lasting) {
  if (lasting.empty()) return std::nullopt;
  return VariableText::lasting(lasting);
}

inline const X509* certificate_of(const TlsView* tls, Side side) noexcept {
  if (tls == nullptr) return nullptr;
  return side == Side::client ? tls->peer : tls->own;
}

}  // namespace tlsplus
