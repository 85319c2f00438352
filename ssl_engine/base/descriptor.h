// SPDX-License-Identifier: Apache-2.0
//
// Descriptor: a file descriptor with an owner, who closes it when it goes; write_all(), to one.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

/// Closes what it holds when it goes. Move only.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  int release() noexcept { return std::exchange(number_, -1); }
  void reset() noexcept {
    if (number_ >= 0) close(number_);
    number_ = -1;
  }

 private:
  int number_ = -1;
};

/// In as many steps as it takes; false: errno says why not.
inline bool write_all(int descriptor, ByteView octets) noexcept {
  while (!octets.empty()) {
    const ssize_t written = write(descriptor, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace tlsplus
