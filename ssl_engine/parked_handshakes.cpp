// SPDX-License-Identifier: Apache-2.0
//
// A doubly linked list through the connections themselves. All deadlines are the same distance
// from their start, so a new entry belongs at the end, or a few steps before it.
#include "ssl_engine/parked_handshakes.h"

namespace tlsplus {

void ParkedHandshakes::insert(ParkedHandshake& handshake) noexcept {
  ParkedHandshake* before = newest_;
  while (before != nullptr && before->deadline_ > handshake.deadline_) before = before->older_;
  handshake.older_ = before;
  handshake.newer_ = before == nullptr ? oldest_ : before->newer_;
  (before == nullptr ? oldest_ : before->newer_) = &handshake;
  (handshake.newer_ == nullptr ? newest_ : handshake.newer_->older_) = &handshake;
  handshake.listed_ = true;
  ++size_;
}

void ParkedHandshakes::remove(ParkedHandshake& handshake) noexcept {
  (handshake.older_ == nullptr ? oldest_ : handshake.older_->newer_) = handshake.newer_;
  (handshake.newer_ == nullptr ? newest_ : handshake.newer_->older_) = handshake.older_;
  handshake.older_ = handshake.newer_ = nullptr;
  handshake.listed_ = false;
  --size_;
}

void ParkedHandshakes::give_up_oldest(ParkedHandshake::GivenUp why) noexcept {
  ParkedHandshake& handshake = *oldest_;
  remove(handshake);
  handshake.given_up_ = why;
  handshake.wake();
}

void ParkedHandshakes::park(ParkedHandshake& handshake, Instant deadline) noexcept {
  const std::scoped_lock lock(mutex_);
  handshake.deadline_ = deadline;
  insert(handshake);
  if (capacity_ != 0 && size_ > capacity_) give_up_oldest(ParkedHandshake::GivenUp::room);
}

void ParkedHandshakes::unpark(ParkedHandshake& handshake) noexcept {
  const std::scoped_lock lock(mutex_);
  if (handshake.listed_) remove(handshake);
}

std::size_t ParkedHandshakes::sweep(Instant now) noexcept {
  const std::scoped_lock lock(mutex_);
  while (oldest_ != nullptr && oldest_->deadline_ <= now) {
    give_up_oldest(ParkedHandshake::GivenUp::deadline);
  }
  return size_;
}

std::size_t ParkedHandshakes::size() const noexcept {
  const std::scoped_lock lock(mutex_);
  return size_;
}

}  // namespace tlsplus
