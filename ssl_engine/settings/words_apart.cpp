// SPDX-License-Identifier: Apache-2.0
//
// with_words_apart(): a refused line's words tried apart. A word without a sign starts anew in most
// lists, which nobody means who lists several: where the words alone are not taken, those behind
// the first are tried with a plus.
#include "ssl_engine/settings/words_apart.h"

#include <algorithm>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/meant_line.h"

namespace tlsplus {
namespace {

std::vector<std::string> pieces_of(const Line& line, std::string_view sign) {
  std::vector<std::string> pieces;
  for (const std::string_view word : line.words) {
    for (const std::string_view piece : split(word, ',')) {
      for (const std::string_view part : words(piece)) {
        const bool is_bare = !part.starts_with('+') && !part.starts_with('-');
        pieces.push_back(text(is_bare && !pieces.empty() ? sign : "", part));
      }
    }
  }
  return pieces;
}

}  // namespace

Error with_words_apart(const Line& line, Error refused, bool (*accepts)(const Line& line)) {
  // A line that is good as it is, but for where its words end, is what was meant.
  for (const std::string_view sign : {"", "+"}) {
    const auto pieces = pieces_of(line, sign);
    const std::vector<std::string_view> words(pieces.begin(), pieces.end());
    if (words.empty() || std::ranges::equal(words, line.words)) continue;
    std::vector<Error> remarks;
    const Line apart{.row = line.row,
                     .words = words,
                     .origin = line.origin,
                     .in_directory = line.in_directory,
                     .paths = line.paths,
                     .expressions = line.expressions,
                     .remarks = remarks,
                     .in_htaccess = line.in_htaccess};
    if (!accepts(apart) || !remarks.empty()) continue;
    refused.hint = write_line(line, pieces);
    break;
  }
  return refused;
}

}  // namespace tlsplus
