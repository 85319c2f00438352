// SPDX-License-Identifier: Apache-2.0
//
// write_line(), tell_lookalikes(): words made a line again. Only what httpd reads as one word is
// put between quotation marks.
#include "ssl_engine/settings/meant_line.h"

#include <algorithm>
#include <array>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/directives.h"

namespace tlsplus {
namespace {

/// UTF-8 of a character that is taken for another one, and what was meant.
struct Lookalike {
  std::string_view bytes;
  std::string_view meant;
};

constexpr auto kLookalikes = std::to_array<Lookalike>({
    {"\u201c", "\""}, {"\u201d", "\""}, {"\u201e", "\""}, {"\u201f", "\""}, {"\u00ab", "\""},
    {"\u00bb", "\""}, {"\u2039", "\""}, {"\u203a", "\""}, {"\u2018", "\""}, {"\u2019", "\""},
    {"\u201a", "\""}, {"\u201b", "\""}, {"\u00a0", " "},  {"\u202f", " "},  {"\u2007", " "},
    {"\u200b", ""},   {"\u200c", ""},   {"\u200d", ""},   {"\u2060", ""},   {"\ufeff", ""},
});

const Lookalike* lookalike_at(std::string_view text) noexcept {
  const auto found = std::ranges::find_if(
      kLookalikes, [&](const Lookalike& each) { return text.starts_with(each.bytes); });
  return found == kLookalikes.end() ? nullptr : found;
}

std::string in_ascii(std::string_view word, bool is_expression) {
  std::string plain;
  while (!word.empty()) {
    const Lookalike* const found = lookalike_at(word);
    if (found == nullptr) {
      plain += word.front();
      word.remove_prefix(1);
      continue;
    }
    // Quotation marks belong around a word and go with it; httpd's own are added where needed.
    if (is_expression || found->meant != "\"") plain += found->meant;
    word.remove_prefix(found->bytes.size());
  }
  return std::string(trim(plain));
}

/// As httpd's ap_getword_conf() takes it for one word.
std::string as_argument(std::string_view word) {
  if (!word.empty() && word.find_first_of(" \t\"'") == word.npos) return std::string(word);
  std::string quoted = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string write_line(const Line& line, const std::vector<std::string>& words) {
  if (words.empty()) return "remove the line";
  std::string written = text("write: ", line.origin.directive);
  for (const std::string& word : words) written += text(' ', as_argument(word));
  return written;
}

std::string write_line_with(const Line& line, std::string_view word, std::string_view by) {
  std::vector<std::string> words;
  for (const std::string_view each : line.words) {
    const std::string_view taken = each.data() == word.data() ? by : each;
    if (!taken.empty()) words.emplace_back(taken);
  }
  return write_line(line, words);
}

namespace {

bool has_lookalikes(const Line& line) {
  return std::ranges::any_of(line.words, [](std::string_view word) {
    for (; !word.empty(); word.remove_prefix(1)) {
      if (lookalike_at(word) != nullptr) return true;
    }
    return false;
  });
}

std::string write_line_in_ascii(const Line& line) {
  if (line.row.shape == Shape::rest) {
    return text("write: ", line.origin.directive, ' ', in_ascii(line.word(0), true));
  }
  std::vector<std::string> plain;
  const bool is_list = line.row.shape == Shape::raw;
  for (const std::string_view word : line.words) {
    const std::string meant = in_ascii(word, false);
    if (!is_list) {
      plain.push_back(meant);
      continue;
    }
    for (const std::string_view part : words(meant)) plain.emplace_back(part);
  }
  std::erase(plain, std::string());
  return write_line(line, plain);
}

}  // namespace

Status tell_lookalikes(const Line& line, Status done) {
  if (!has_lookalikes(line)) return done;
  std::string plain = write_line_in_ascii(line);
  if (done) {
    line.remark(Tp::lookalikes, {}, std::move(plain));
    return done;
  }
  Error error = std::move(done).error();
  error.what += text(error.what.empty() ? "" : "; ",
                     "the line has typographic quotation marks or blanks that are not seen");
  error.hint = std::move(plain);
  return error;
}

std::string modern_mutex(std::string_view old_argument) {
  if (equals_ignoring_case(old_argument, "none") || equals_ignoring_case(old_argument, "no")) {
    return "Mutex none ssl-cache";
  }
  if (old_argument.empty() || equals_ignoring_case(old_argument, "default") ||
      equals_ignoring_case(old_argument, "yes")) {
    return "Mutex default ssl-cache";
  }
  const auto colon = old_argument.find(':');
  if (colon == std::string_view::npos) return text("Mutex ", old_argument, " ssl-cache");
  // SSLMutex named a file, Mutex names the directory that the file is made in.
  const std::string_view path = old_argument.substr(colon + 1);
  const auto slash = path.rfind('/');
  const std::string_view mechanism = old_argument.substr(0, colon);
  if (slash == std::string_view::npos) return text("Mutex ", mechanism, " ssl-cache");
  return text("Mutex ", mechanism, ":", slash == 0 ? "/" : path.substr(0, slash), " ssl-cache");
}

}  // namespace tlsplus
