// SPDX-License-Identifier: Apache-2.0
//
// Handshakes that wait in the MPM without a thread, oldest first. The MPM wakes a connection
// only when bytes come or after httpd's Timeout; this list ends them at their own deadline, and
// lets the oldest go when there are more than the child can hold, so that clients who send
// nothing cannot keep others out.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

/// One waiting handshake. A member of the connection's state; leaves the list by itself when
/// destroyed. Once given up it is not in the list any more.
class ParkedHandshake {
 public:
  enum class GivenUp : std::uint8_t { no, deadline, room };

  ParkedHandshake() = default;
  ParkedHandshake(const ParkedHandshake&) = delete;
  ParkedHandshake& operator=(const ParkedHandshake&) = delete;
  virtual ~ParkedHandshake() = default;  // the owner has called unpark()

  /// Read after unpark(), on the connection's thread.
  [[nodiscard]] GivenUp given_up() const noexcept { return given_up_; }

 protected:
  /// Makes the MPM wake the connection now. Runs on any thread, under the list's lock; must not
  /// block nor call back.
  virtual void wake() noexcept = 0;

 private:
  friend class ParkedHandshakes;
  ParkedHandshake* older_ = nullptr;
  ParkedHandshake* newer_ = nullptr;
  Instant deadline_;
  GivenUp given_up_ = GivenUp::no;
  bool listed_ = false;
};

/// Of one child process. The mutex guards the list and what hangs in it; it is held for a few
/// pointer moves, by park(), unpark() and sweep(), never while anything waits.
class ParkedHandshakes {
 public:
  /// `capacity`: more than this many do not wait at once; 0 for no limit.
  explicit ParkedHandshakes(std::size_t capacity) noexcept : capacity_(capacity) {}
  ParkedHandshakes(const ParkedHandshakes&) = delete;
  ParkedHandshakes& operator=(const ParkedHandshakes&) = delete;
  virtual ~ParkedHandshakes() = default;

  /// Entries keep the order of their deadlines; one that parks again goes back to its place.
  void park(ParkedHandshake& handshake, Instant deadline) noexcept;
  void unpark(ParkedHandshake& handshake) noexcept;
  /// Wakes all whose deadline has passed. Returns how many are left.
  std::size_t sweep(Instant now) noexcept;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  void insert(ParkedHandshake& handshake) noexcept;
  void remove(ParkedHandshake& handshake) noexcept;
  void give_up_oldest(ParkedHandshake::GivenUp why) noexcept;

  mutable std::mutex mutex_;
  ParkedHandshake* oldest_ = nullptr;
  ParkedHandshake* newest_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_;
};

}  // namespace tlsplus
