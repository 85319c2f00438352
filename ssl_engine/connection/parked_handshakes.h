// SPDX-License-Identifier: Apache-2.0
//
// ParkedHandshakes: the connections of a child that wait in the MPM without a thread, in the middle
// of their handshake or silent after it. The MPM wakes a connection only when bytes come or after
// httpd's Timeout; this list ends them at their own deadline, and lets some go when there are more
// than the child can hold, so that clients who say nothing cannot keep others out.
//
// Who goes: first those of an address that holds more than its share, then those without a complete
// ClientHello, then those of the address with most, and of equals the one whose time is over next.
// The one that came last is never the one to go. So neither a flood from one place nor half hellos
// from many push out the distant client whose answer is on its way.
//
// Many honest clients at once fill the list, too, for a moment. For that long clients with a
// complete ClientHello may take more places than their share of the child; if the list stays full
// it is a flood.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"

namespace tlsplus {

/// What counts when one has to go.
struct Standing {
  std::uint16_t origin = 0;  // origin_of() its address
  bool has_hello = false;    // a complete ClientHello was read
};

/// One waiting connection. A member of the connection's state; leaves the list by itself when
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
  Standing standing_;
  GivenUp given_up_ = GivenUp::no;
  bool listed_ = false;
};

/// Of one child process. The mutex guards the list and what hangs in it; it is held for a few
/// pointer moves, by park(), unpark() and sweep(), never while anything waits.
class ParkedHandshakes {
 public:
  /// `capacity`: more than this many do not wait at once; 0 for no limit. `seed`: nobody may know
  /// which addresses are counted together.
  explicit ParkedHandshakes(std::size_t capacity, std::uint64_t seed = 0) noexcept
      : capacity_(capacity), seed_(seed) {}
  ParkedHandshakes(const ParkedHandshakes&) = delete;
  ParkedHandshakes& operator=(const ParkedHandshakes&) = delete;
  virtual ~ParkedHandshakes() = default;

  /// Addresses are counted in this many places; two that share one only share their count.
  static constexpr std::size_t kOrigins = 1024;
  /// Where the client with this address (4 or 16 octets) is counted, see network_of().
  [[nodiscard]] std::uint16_t origin_of(ByteView address) const noexcept;

  /// Entries keep the order of their deadlines; one that parks again goes back to its place.
  /// Without `now` there are no moments to wait for.
  void park(ParkedHandshake& handshake, Instant deadline, Standing standing,
            Instant now = Instant::max()) noexcept;
  void unpark(ParkedHandshake& handshake) noexcept;
  /// Wakes all whose deadline has passed. Returns how many are left.
  std::size_t sweep(Instant now) noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  /// True if more than half of the places are taken.
  [[nodiscard]] bool is_filling_up() const noexcept;

 private:
  void insert(ParkedHandshake& handshake) noexcept;
  void remove(ParkedHandshake& handshake) noexcept;
  /// `last` has just come, or null.
  [[nodiscard]] ParkedHandshake& first_to_go(const ParkedHandshake* last) const noexcept;
  [[nodiscard]] bool goes_before(const ParkedHandshake& one,
                                 const ParkedHandshake& other) const noexcept;
  void give_up(ParkedHandshake& handshake, ParkedHandshake::GivenUp why) noexcept;
  /// `last` has just come, or null.
  void make_room(const ParkedHandshake* last, Instant now) noexcept;

  mutable std::mutex mutex_;
  ParkedHandshake* oldest_ = nullptr;
  ParkedHandshake* newest_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_;
  std::uint64_t seed_;
  std::optional<Instant> full_since_;
  std::array<std::uint32_t, kOrigins> held_by_{};
};

}  // namespace tlsplus
