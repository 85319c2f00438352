// SPDX-License-Identifier: Apache-2.0
//
// Error: what went wrong, as a value, with its place, Where. An Error is made where the fact is
// known, gets its place where the place is known, and is logged once, by whoever handles it.
// Nothing here formats a log line: the catalogue in diagnostics.h does that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace tlsplus {

/// A place in the configuration. `line` 0: not from a file (a default, or another module).
/// Owns its text, so that it may outlive the configuration it came from.
struct Where {
  std::string directive{};
  std::string file{};
  int line = 0;

  friend bool operator==(const Where&, const Where&) = default;
};

/// Number of an entry in the catalogue (TP0231 is 231); 0 until the core knows which.
using MessageId = std::uint16_t;

struct Error {
  std::string what{};  // the fact, in the operator's words
  Where where{};       // the configuration line it belongs to, if any
  std::string hint{};  // the next thing to try; empty: the catalogue's own fix, or none
  MessageId id = 0;
  std::shared_ptr<const Error> cause{};

  /// The same error with its place; an error that has one keeps it.
  Error at(Where place) && {
    if (where.directive.empty() && where.file.empty()) where = std::move(place);
    return std::move(*this);
  }
};

}  // namespace tlsplus
