// SPDX-License-Identifier: Apache-2.0
//
// edits_between(), nearest(): how far words are from each other. The distance is that of Damerau
// and Levenshtein in its simple form (optimal string alignment): a swap of neighbours is one slip
// of the fingers.
#include "ssl_engine/base/nearest.h"

#include <algorithm>
#include <vector>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::size_t kLongestWord = 64;  // longer ones are no misspelt name of anything

std::size_t most_edits(std::size_t size) noexcept {
  return size <= 4 ? 1 : 1 + size / 6;
}

std::size_t common_start(std::string_view a, std::string_view b) noexcept {
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && to_lower(a[same]) == to_lower(b[same])) ++same;
  return same;
}

}  // namespace

std::size_t edits_between(std::string_view a, std::string_view b) {
  // Three rows of the table: the one of two letters before is for swapped neighbours.
  std::vector<std::size_t> two_before;
  std::vector<std::size_t> before(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) before[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> now(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char left = to_lower(a[i - 1]);
      const char right = to_lower(b[j - 1]);
      now[j] = std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + (left == right ? 0U : 1U)});
      if (i > 1 && j > 1 && left == to_lower(b[j - 2]) && to_lower(a[i - 2]) == right) {
        now[j] = std::min(now[j], two_before[j - 2] + 1);
      }
    }
    two_before = std::move(before);
    before = std::move(now);
  }
  return before[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string> candidates) {
  if (word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t least = most_edits(word.size()) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = edits_between(word, candidate);
    const bool is_nearer =
        edits < least || (edits == least && !best.empty() &&
                          common_start(word, candidate) > common_start(word, best));
    if (!is_nearer) continue;
    best = candidate;
    least = edits;
  }
  return best;
}

}  // namespace tlsplus
