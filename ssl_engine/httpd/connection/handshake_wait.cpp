// SPDX-License-Identifier: Apache-2.0
//
// HandshakeWait: both spans end by the clock alone.
#include "ssl_engine/httpd/connection/handshake_wait.h"

#include <utility>

namespace tlsplus {
namespace {

// Beyond an inquiry's own deadline, at which it says so.
constexpr std::chrono::seconds kBeyondInquiry{1};

}  // namespace

HandshakeWait::HandshakeWait(conn_rec& connection, Engine& engine, Transport& transport,
                             std::chrono::milliseconds time) noexcept
    : connection_(connection),
      engine_(engine),
      transport_(transport),
      deadline_(engine.clock().steady() + time) {}

HandshakeWait::~HandshakeWait() {
  unpark();
  end_await();
}

Instant HandshakeWait::deadline() const noexcept {
  return inquiry_ == nullptr ? deadline_ : inquiry_->deadline() + kBeyondInquiry;
}

HandshakeWait::Await HandshakeWait::await(std::shared_ptr<Inquiry> inquiry) {
  if (!doorbell_.put_up(*ap_get_conn_socket(&connection_), engine_.in_doubt,
                        engine_.parked->origin_of(transport_.peer_address()))) {
    return Await::no_place;
  }
  inquiry_ = std::move(inquiry);
  inquired_ = engine_.clock().steady();
  if (inquiry_->join(*this)) return Await::mpm;
  end_await();
  return Await::over;
}

void HandshakeWait::end_await() noexcept {
  if (inquiry_ == nullptr) return;
  inquiry_->leave(*this);
  inquiry_.reset();
  doorbell_.take_down();
  deadline_ += engine_.clock().steady() - inquired_;
}

bool HandshakeWait::is_over() const noexcept {
  return engine_.clock().steady() >= deadline_;
}

bool HandshakeWait::may_use_mpm() const noexcept {
  return engine_.parked != nullptr && connection_.cs != nullptr && !stays_with_worker_;
}

void HandshakeWait::unpark() noexcept {
  if (engine_.parked != nullptr) engine_.parked->unpark(*this);
}

void HandshakeWait::begin_silence(std::chrono::seconds time) noexcept {
  awaits_request_ = true;
  deadline_ = engine_.clock().steady() + time;
}

bool HandshakeWait::take_moment() noexcept {
  return !std::exchange(has_had_moment_, true);
}

}  // namespace tlsplus
