// SPDX-License-Identifier: Apache-2.0
//
// Lines are read leniently: what the module they belong to refuses never gets here.
#include "ssl_engine/httpd/neighbours.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

/// The arguments of each line of that name outside of sections.
template <class Visit>
void for_each_line(std::string_view directive, Visit&& visit) {
  for (const ap_directive_t* line = ap_conftree; line != nullptr; line = line->next) {
    if (equals_ignoring_case(line->directive, directive)) visit(std::string_view(line->args));
  }
}

/// The number `text` begins with; 0 if it begins with none.
double number_in(std::string_view text) noexcept {
  double number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::size_t parking_capacity() {
  // The event MPM takes new connections up to ThreadsPerChild plus AsyncRequestWorkerFactor for
  // each idle thread; three quarters of that may be unfinished handshakes.
  constexpr double kDefaultFactor = 2;
  constexpr double kShare = 0.75;
  int threads = 0;
  if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS || threads <= 0) return 0;
  double factor = kDefaultFactor;
  for_each_line("AsyncRequestWorkerFactor",
                [&](std::string_view args) { factor = number_in(trim(args)); });
  return static_cast<std::size_t>(threads * (1 + std::max(factor, 1.0)) * kShare);
}

std::optional<std::chrono::seconds> reqtimeout_handshake_limit() {
  constexpr std::string_view kStage = "handshake=";
  std::optional<std::chrono::seconds> limit;
  for_each_line("RequestReadTimeout", [&](std::string_view args) {
    for (const std::string_view word : words(args)) {
      if (!starts_with_ignoring_case(word, kStage)) continue;
      std::string_view range = word.substr(kStage.size());
      range = range.substr(0, range.find(','));
      if (const auto dash = range.find('-'); dash != std::string_view::npos) {
        range.remove_prefix(dash + 1);
      }
      const auto seconds = static_cast<long>(number_in(range));
      limit = seconds > 0 ? std::optional(std::chrono::seconds(seconds)) : std::nullopt;
    }
  });
  return limit;
}

}  // namespace tlsplus
