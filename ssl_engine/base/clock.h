// SPDX-License-Identifier: Apache-2.0
//
// Clock: time as something that is handed in, so that no unit test waits for it. Wall time for
// certificates, a steady count for deadlines.
#pragma once

#include <chrono>
#include <cstdint>

namespace tlsplus {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;
using Instant = std::chrono::steady_clock::time_point;

/// As it is kept in files, memory and other people's interfaces.
constexpr std::int64_t seconds_since_1970(WallTime at) noexcept {
  return at.time_since_epoch().count();
}
constexpr WallTime wall_time(std::int64_t seconds_since_1970) noexcept {
  return WallTime(std::chrono::seconds(seconds_since_1970));
}

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual WallTime wall() const noexcept = 0;
  [[nodiscard]] virtual Instant steady() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] Instant steady() const noexcept override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace tlsplus
