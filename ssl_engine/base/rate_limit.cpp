// SPDX-License-Identifier: Apache-2.0
//
// RateLimit: a count and the span it belongs to. Beginning and use of a span stand in one word, so
// that they change together. The steady clock is one for all processes of a machine.
#include "ssl_engine/base/rate_limit.h"

namespace tlsplus {
namespace {

constexpr unsigned kUseBits = 16;
constexpr std::uint64_t kUseMask = (std::uint64_t{1} << kUseBits) - 1;

}  // namespace

std::optional<std::uint64_t> RateLimit::take(Instant now) noexcept {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  const auto at = static_cast<std::uint64_t>(since.count()) + 1;
  const auto per = static_cast<std::uint64_t>(per_.count());
  std::uint64_t seen = count_->span.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  // Whoever fails here has seen another succeed, which happens `most_` times in a span.
  do {
    const std::uint64_t began = seen >> kUseBits;
    const bool is_over = began == 0 || at >= began + per || began >= at + per;
    if (!is_over && (seen & kUseMask) >= most_) {
      count_->held_back.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    next = is_over ? (at << kUseBits | 1) : seen + 1;
  } while (!count_->span.compare_exchange_strong(seen, next, std::memory_order_relaxed));
  return count_->held_back.exchange(0, std::memory_order_relaxed);
}

}  // namespace tlsplus
