// SPDX-License-Identifier: Apache-2.0
//
// DerMutator: DER taken apart, changed at random places and put together again. Lengths are made
// anew, so that a change lies as deep as it likes and what stands around it is still read; a change
// of single octets would nearly always end at the first length. The same for the same seed.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t/unit/unit.h"

namespace tlsplus::test {

/// A value and what is in it; strings of octets and bits that hold DER are taken apart, too.
struct DerNode {
  unsigned char tag = 0;
  bool has_long_length = false;  // one octet more than DER allows
  std::string content = {};      // of a leaf; of others what stands before the parts
  std::vector<DerNode> parts = {};

  [[nodiscard]] std::string encoded() const {
    std::string inside = content;
    for (const DerNode& part : parts) inside += part.encoded();
    std::string length;
    for (std::size_t rest = inside.size(); rest > 0; rest >>= 8U) {
      length.insert(length.begin(), static_cast<char>(rest & 0xffU));
    }
    const bool is_short = inside.size() < 0x80 && !has_long_length;
    if (has_long_length) length.insert(length.begin(), '\0');
    const auto first = is_short ? inside.size() : 0x80U | length.size();
    return std::string{static_cast<char>(tag), static_cast<char>(first)} +
           (is_short ? "" : length) + inside;
  }
};

/// The values in `der`; nothing if it is not DER to its end.
inline std::optional<std::vector<DerNode>> take_apart(std::string_view der) {
  std::vector<DerNode> nodes;
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(der[at]); };
  while (!der.empty()) {
    if (der.size() < 2) return std::nullopt;
    DerNode node{.tag = octet(0)};
    std::size_t length = octet(1);
    std::size_t head = 2;
    if (length > 0x82 || length == 0x80) return std::nullopt;
    if (length > 0x80) {
      head += length - 0x80U;
      length = 0;
      for (std::size_t i = 2; i < head && i < der.size(); ++i) length = length << 8U | octet(i);
    }
    if (der.size() < head || der.size() - head < length) return std::nullopt;
    node.content = der.substr(head, length);
    der.remove_prefix(head + length);
    const bool is_bits = node.tag == 0x03 && node.content.starts_with('\0');
    if ((node.tag & 0x20U) != 0 || node.tag == 0x04 || is_bits) {
      const std::size_t before = is_bits ? 1 : 0;
      auto parts = take_apart(std::string_view(node.content).substr(before));
      if (parts && !parts->empty()) {
        node.content.resize(before);
        node.parts = std::move(*parts);
      }
    }
    nodes.push_back(std::move(node));
  }
  return nodes;
}

class DerMutator {
 public:
  /// `originals` are DER; parts of one come into another.
  DerMutator(const std::vector<std::string>& originals, std::uint32_t seed) : random_(seed) {
    for (const std::string& original : originals) {
      auto nodes = take_apart(original);
      ck_assert_msg(nodes && nodes->size() == 1, "an original is one value");
      ck_assert_msg(nodes->front().encoded() == original, "and comes back as it was");
      originals_.push_back(std::move(nodes->front()));
    }
  }

  /// One of the originals with one to three changes.
  std::string next() {
    DerNode changed = any_of(originals_);
    for (std::size_t left = 1 + below(3); left > 0; --left) change(changed);
    std::string der = changed.encoded();
    if (below(8) == 0) flip_bit(der[below(der.size())]);
    return der;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  const DerNode& any_of(const std::vector<DerNode>& nodes) { return nodes[below(nodes.size())]; }
  void flip_bit(char& octet) {
    octet = static_cast<char>(static_cast<unsigned char>(octet) ^ (1U << below(8)));
  }

  static void collect(DerNode& node, std::vector<DerNode*>& into) {
    into.push_back(&node);
    for (DerNode& part : node.parts) collect(part, into);
  }
  DerNode& anywhere(DerNode& in) {
    std::vector<DerNode*> all;
    collect(in, all);
    return *all[below(all.size())];
  }

  void change(DerNode& in) {
    DerNode& node = anywhere(in);
    if (below(3) == 0 && !node.parts.empty()) return change_parts(node.parts);
    switch (below(8)) {
      case 0:
        node.tag ^= static_cast<unsigned char>(1U << below(8));
        break;
      case 1:
        node.has_long_length = true;
        break;
      case 2: {
        DerNode donor = any_of(originals_);
        DerNode other = anywhere(donor);
        node = std::move(other);
        break;
      }
      default:
        change_octets(node.content);
    }
  }

  void change_parts(std::vector<DerNode>& parts) {
    const auto at = parts.begin() + static_cast<std::ptrdiff_t>(below(parts.size()));
    switch (below(3)) {
      case 0: {
        DerNode twin = *at;
        parts.insert(at, std::move(twin));
        break;
      }
      case 1:
        parts.erase(at);
        break;
      default:
        std::swap(*at, parts[below(parts.size())]);
    }
  }

  void change_octets(std::string& octets) {
    constexpr std::string_view kEdges("\x00\x01\x7f\x80\xff", 5);
    const char edge = kEdges[below(kEdges.size())];
    if (octets.empty() || below(5) == 0) {
      octets.insert(octets.begin() + static_cast<std::ptrdiff_t>(below(octets.size() + 1)), edge);
      return;
    }
    const std::size_t at = below(octets.size());
    switch (below(4)) {
      case 0:
        octets.erase(at, 1);
        break;
      case 1:
        octets[at] = edge;
        break;
      default:
        flip_bit(octets[at]);
    }
  }

  std::mt19937 random_;
  std::vector<DerNode> originals_;
};

}  // namespace tlsplus::test
