// SPDX-License-Identifier: Apache-2.0
//
// validity_at(): a certificate ends soon when three weeks are left, or a quarter of its time if
// that is less.
#include "ssl_engine/openssl/x509/validity.h"

#include <algorithm>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

// Time enough for a renewal by hand. Those that live for some days are renewed by programs, which
// do it in the last third.
constexpr std::chrono::days kSoon{21};
constexpr int kSoonPart = 4;

bool is_soon(WallTime begin, WallTime end, WallTime now) noexcept {
  return end - now < std::min<WallTime::duration>(kSoon, (end - begin) / kSoonPart);
}

}  // namespace

std::string days_between(WallTime from, WallTime to) {
  const auto days = std::chrono::floor<std::chrono::days>(to - from).count();
  if (days == 0) return "less than a day";
  return days == 1 ? "1 day" : text(days, " days");
}

Validity validity_at(WallTime now, WallTime begin, WallTime end) {
  if (end < now) {
    return {Validity::State::over,
            text("valid until ", date_text(end), ", ", days_between(end, now), " ago")};
  }
  if (begin > now) {
    return {Validity::State::ahead,
            text("valid from ", date_text(begin), ", in ", days_between(now, begin))};
  }
  if (is_soon(begin, end, now)) {
    return {Validity::State::ends_soon,
            text("valid until ", date_text(end), ", ", days_between(now, end), " left")};
  }
  return {};
}

}  // namespace tlsplus
