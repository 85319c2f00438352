// SPDX-License-Identifier: Apache-2.0
//
// LockWatch: two marks of time. Marks that are not of this clock, or lie ahead of it, are as good
// as none.
#include "ssl_scache/lock_watch.h"

namespace tlsplus {
namespace {

using std::chrono::milliseconds;

std::uint64_t mark_of(Instant now) noexcept {
  const auto since = std::chrono::duration_cast<milliseconds>(now.time_since_epoch());
  return static_cast<std::uint64_t>(since.count()) + 1;
}

bool is_within(std::uint64_t mark, std::uint64_t now, milliseconds span) noexcept {
  return mark != 0 && mark <= now && now - mark < static_cast<std::uint64_t>(span.count());
}

}  // namespace

bool LockWatch::may_wait(Instant now) const noexcept {
  if (since_.load(std::memory_order_relaxed) == 0) return true;
  return !is_within(last_.load(std::memory_order_relaxed), mark_of(now), kNoWait);
}

bool LockWatch::note_busy(Instant now) noexcept {
  const std::uint64_t mark = mark_of(now);
  const std::uint64_t last = last_.exchange(mark, std::memory_order_relaxed);
  const std::uint64_t since = since_.load(std::memory_order_relaxed);
  if (since == 0 || since > mark || !is_within(last, mark, kForgotten)) {
    since_.store(mark, std::memory_order_relaxed);
    return false;
  }
  if (is_within(since, mark, kLong)) return false;
  return told_.exchange(1, std::memory_order_relaxed) == 0;
}

bool LockWatch::note_free() noexcept {
  if (since_.load(std::memory_order_relaxed) == 0) return false;
  since_.store(0, std::memory_order_relaxed);
  return told_.exchange(0, std::memory_order_relaxed) != 0;
}

}  // namespace tlsplus
