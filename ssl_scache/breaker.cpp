// SPDX-License-Identifier: Apache-2.0
//
// Breaker: failures in a row, counted without regard to which process saw them.
#include "ssl_scache/breaker.h"

namespace tlsplus {
namespace {

std::uint64_t mark_of(Instant now) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return static_cast<std::uint64_t>(seconds.count()) + 1;
}

}  // namespace

bool Breaker::allows(Instant now, std::chrono::seconds again) noexcept {
  std::uint64_t opened = opened_.load(std::memory_order_relaxed);
  if (opened == 0) return true;
  const std::uint64_t mark = mark_of(now);
  if (mark < opened + static_cast<std::uint64_t>(again.count())) return false;
  // Who moves the mark tries; the others wait for the next minute.
  return opened_.compare_exchange_strong(opened, mark, std::memory_order_relaxed);
}

bool Breaker::note_failure(Instant now) noexcept {
  if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 < kFailures) return false;
  std::uint64_t closed = 0;
  return opened_.compare_exchange_strong(closed, mark_of(now), std::memory_order_relaxed);
}

bool Breaker::note_success() noexcept {
  if (failures_.load(std::memory_order_relaxed) != 0) {
    failures_.store(0, std::memory_order_relaxed);
  }
  if (opened_.load(std::memory_order_relaxed) == 0) return false;
  return opened_.exchange(0, std::memory_order_relaxed) != 0;
}

}  // namespace tlsplus
