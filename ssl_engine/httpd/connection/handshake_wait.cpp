// SPDX-License-Identifier: Apache-2.0
//
// HandshakeWait: both spans end by the clock alone.
#include "ssl_engine/httpd/connection/handshake_wait.h"

#include <utility>

namespace tlsplus {

HandshakeWait::HandshakeWait(const conn_rec& connection, Engine& engine, Transport& transport,
                             std::chrono::milliseconds time) noexcept
    : connection_(connection),
      engine_(engine),
      transport_(transport),
      deadline_(engine.clock().steady() + time) {}

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
