// SPDX-License-Identifier: Apache-2.0
//
// Bytes, ByteView, ByteQueue: octets, as opposed to text. ByteQueue is the one buffer of the data
// path: in at the back, out at the front, its memory given back on request and not on every read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tlsplus {

using Byte = std::uint8_t;
using Bytes = std::vector<Byte>;
using ByteView = std::span<const Byte>;
using MutableByteView = std::span<Byte>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// One contiguous run of bytes with room at the back. Not thread safe; a connection owns it.
class ByteQueue {
 public:
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] ByteView view() const noexcept { return {memory_.get() + begin_, size()}; }

  void append(ByteView bytes) {
    if (bytes.empty()) return;
    std::memcpy(grow(bytes.size()).data(), bytes.data(), bytes.size());
    end_ += bytes.size();
  }

  /// At least `room` writable bytes at the back; commit() says how many were used.
  MutableByteView prepare(std::size_t room) { return grow(room); }
  void commit(std::size_t used) noexcept { end_ += used; }

  /// Drops `count` bytes at the front; count <= size().
  void consume(std::size_t count) noexcept {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Gives the memory back if nothing is queued.
  void release_if_empty() noexcept {
    if (!empty()) return;
    memory_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  MutableByteView grow(std::size_t room) {
    if (capacity_ - end_ < room) make_room(room);
    return {memory_.get() + end_, capacity_ - end_};
  }

  void make_room(std::size_t room) {
    const std::size_t queued = size();
    if (capacity_ - queued >= room && begin_ >= queued) {
      std::memcpy(memory_.get(), memory_.get() + begin_, queued);
    } else {
      std::size_t wanted = capacity_ == 0 ? kFirstBytes : capacity_;
      while (wanted - queued < room) wanted *= 2;
      std::unique_ptr<Byte[]> larger(new Byte[wanted]);  // NOLINT(*-avoid-c-arrays)
      if (queued != 0) std::memcpy(larger.get(), memory_.get() + begin_, queued);
      memory_ = std::move(larger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = queued;
  }

  static constexpr std::size_t kFirstBytes = 4096;  // a handshake flight fits

  std::unique_ptr<Byte[]> memory_;  // NOLINT(*-avoid-c-arrays)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tlsplus
