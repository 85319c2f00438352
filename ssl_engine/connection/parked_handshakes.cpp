// SPDX-License-Identifier: Apache-2.0
//
// ParkedHandshakes: a doubly linked list through the connections themselves. Deadlines are much the
// same distance from their start, so a new entry belongs at the end, or a few steps before it. Who
// goes is looked for along the whole list: it has some hundred entries, and only a full one is
// searched.
#include "ssl_engine/connection/parked_handshakes.h"

#include <algorithm>

#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/network_of.h"

namespace tlsplus {

void ParkedHandshakes::insert(ParkedHandshake& handshake) noexcept {
  ParkedHandshake* before = newest_;
  while (before != nullptr && before->deadline_ > handshake.deadline_) before = before->older_;
  handshake.older_ = before;
  handshake.newer_ = before == nullptr ? oldest_ : before->newer_;
  (before == nullptr ? oldest_ : before->newer_) = &handshake;
  (handshake.newer_ == nullptr ? newest_ : handshake.newer_->older_) = &handshake;
  handshake.listed_ = true;
  ++held_by_[handshake.standing_.origin];
  ++size_;
}

void ParkedHandshakes::remove(ParkedHandshake& handshake) noexcept {
  (handshake.older_ == nullptr ? oldest_ : handshake.older_->newer_) = handshake.newer_;
  (handshake.newer_ == nullptr ? newest_ : handshake.newer_->older_) = handshake.older_;
  handshake.older_ = handshake.newer_ = nullptr;
  handshake.listed_ = false;
  --held_by_[handshake.standing_.origin];
  --size_;
  // Not as soon as one has left: in a flood some do, too.
  if (size_ <= capacity_ / 2) full_since_.reset();
}

void ParkedHandshakes::give_up(ParkedHandshake& handshake, ParkedHandshake::GivenUp why) noexcept {
  remove(handshake);
  handshake.given_up_ = why;
  handshake.wake();
}

bool ParkedHandshakes::goes_before(const ParkedHandshake& one,
                                   const ParkedHandshake& other) const noexcept {
  const std::size_t share = std::max<std::size_t>(capacity_ / limits::kShareOfOneAddress, 1);
  const std::size_t held_by_one = held_by_[one.standing_.origin];
  const std::size_t held_by_other = held_by_[other.standing_.origin];
  if ((held_by_one > share) != (held_by_other > share)) return held_by_one > share;
  if (one.standing_.has_hello != other.standing_.has_hello) return !one.standing_.has_hello;
  return held_by_one > held_by_other;
}

ParkedHandshake& ParkedHandshakes::first_to_go(const ParkedHandshake* last) const noexcept {
  const bool came_first = last != nullptr && last == oldest_ && last->newer_ != nullptr;
  ParkedHandshake* first = came_first ? last->newer_ : oldest_;
  for (ParkedHandshake* each = first; each != nullptr; each = each->newer_) {
    if (each != last && goes_before(*each, *first)) first = each;
  }
  return *first;
}

void ParkedHandshakes::park(ParkedHandshake& handshake, Instant deadline, Standing standing,
                            Instant now) noexcept {
  const std::scoped_lock lock(mutex_);
  handshake.deadline_ = deadline;
  handshake.standing_ = standing;
  insert(handshake);
  make_room(&handshake, now);
}

void ParkedHandshakes::make_room(const ParkedHandshake* last, Instant now) noexcept {
  if (capacity_ == 0) return;
  while (size_ > capacity_) {
    if (!full_since_) full_since_ = now;
    ParkedHandshake& first = first_to_go(last);
    const bool is_moment =
        now != Instant::max() && now - *full_since_ < limits::kMomentOfManyClients;
    const bool is_within = size_ * limits::kWaitingHundredths <= capacity_ * 100;
    if (is_moment && is_within && first.standing_.has_hello) return;
    give_up(first, ParkedHandshake::GivenUp::room);
  }
}

void ParkedHandshakes::unpark(ParkedHandshake& handshake) noexcept {
  const std::scoped_lock lock(mutex_);
  if (handshake.listed_) remove(handshake);
}

std::size_t ParkedHandshakes::sweep(Instant now) noexcept {
  const std::scoped_lock lock(mutex_);
  while (oldest_ != nullptr && oldest_->deadline_ <= now) {
    give_up(*oldest_, ParkedHandshake::GivenUp::deadline);
  }
  make_room(nullptr, now);
  return size_;
}

std::size_t ParkedHandshakes::size() const noexcept {
  const std::scoped_lock lock(mutex_);
  return size_;
}

bool ParkedHandshakes::is_filling_up() const noexcept {
  const std::scoped_lock lock(mutex_);
  return capacity_ != 0 && size_ > capacity_ / 2;
}

std::uint16_t ParkedHandshakes::origin_of(ByteView address) const noexcept {
  std::uint64_t mixed = seed_;
  for (const Byte octet : network_of(address)) {
    // One step of a 64-bit FNV-1a, and a fold, since the low bits are what is used.
    mixed = (mixed ^ octet) * 0x100000001b3U;
    mixed ^= mixed >> 29U;
  }
  return static_cast<std::uint16_t>(mixed % kOrigins);
}

}  // namespace tlsplus
