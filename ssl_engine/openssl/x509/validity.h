// SPDX-License-Identifier: Apache-2.0
//
// Validity: where a moment lies in a certificate's time, with the words for a log. Servers'
// certificates, our own for other servers and those of backends are judged alike.
#pragma once

#include <cstdint>
#include <string>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

struct Validity {
  enum class State : std::uint8_t {
    good,
    ends_soon,  // what renews it should have done so by now
    over,
    ahead
  };
  State state = State::good;
  std::string words;  // "valid until 2026-01-31 23:59:59 UTC, 3 days ago"; empty while good
};

/// "89 days", "1 day", "less than a day"; `from` is not later than `to`.
std::string days_between(WallTime from, WallTime to);

/// Both ends belong to the certificate's time (RFC 5280 4.1.2.5).
Validity validity_at(WallTime now, WallTime begin, WallTime end);

}  // namespace tlsplus
