// SPDX-License-Identifier: Apache-2.0
//
// RecordWriter, RecordReader: numbers and pieces of octets in a row, as they go from the parent to
// its children. Numbers have eight octets as the processor has them: both ends are one program.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/secret.h"

namespace tlsplus {

/// Into secret memory: there may be keys among the pieces.
class RecordWriter {
 public:
  void add(std::uint64_t number) {
    append({reinterpret_cast<const Byte*>(&number), sizeof number});
  }
  /// With its length in front.
  void add(ByteView piece) {
    add(piece.size());
    append(piece);
  }
  void add(std::string_view piece) { add(as_bytes(piece)); }
  SecretBytes take() {
    memory_.shrink(used_);
    return std::move(memory_);
  }

 private:
  void append(ByteView octets) {
    constexpr std::size_t kFirst = 4096;
    if (memory_.size() - used_ < octets.size()) {
      SecretBytes larger(std::max({2 * memory_.size(), used_ + octets.size(), kFirst}));
      std::ranges::copy(memory_.reveal().first(used_), larger.reveal().begin());
      memory_ = std::move(larger);
    }
    std::ranges::copy(octets, memory_.reveal().subspan(used_).begin());
    used_ += octets.size();
  }

  SecretBytes memory_;
  std::size_t used_ = 0;
};

/// Nothing, once what is asked for is not there.
class RecordReader {
 public:
  explicit RecordReader(ByteView record) noexcept : rest_(record) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  std::optional<std::uint64_t> number() noexcept {
    std::uint64_t number = 0;
    if (rest_.size() < sizeof number) return std::nullopt;
    std::memcpy(&number, rest_.data(), sizeof number);
    rest_ = rest_.subspan(sizeof number);
    return number;
  }
  std::optional<ByteView> piece() noexcept {
    const auto size = number();
    if (!size || *size > rest_.size()) return std::nullopt;
    const ByteView piece = rest_.first(*size);
    rest_ = rest_.subspan(*size);
    return piece;
  }

 private:
  ByteView rest_;
};

}  // namespace tlsplus
