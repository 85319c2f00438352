// SPDX-License-Identifier: Apache-2.0
//
// review_cipher_list(): a list taken apart as OpenSSL does it (ciphers(1)): separators, a sign,
// parts with a plus between them. What it stops at, a sign with nothing behind it or a character
// that belongs to no word, makes the whole list invalid; here it is stepped over.
#include "ssl_engine/settings/cipher_list.h"

#include <algorithm>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using Kind = CipherWord::Kind;

constexpr std::size_t kMostTold = 5;
constexpr std::string_view kSeparators = ":,; ";

bool is_word_char(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '=';
}

// One rule of a list: "!aNULL", "ECDHE+aRSA", "@STRENGTH".
struct Rule {
  char sign = 0;                   // '!', '-', '+', '@' or none
  std::vector<std::string> parts;  // at least one
};

void append(std::string& list, std::string_view rule) {
  const auto known = split(list, ':');
  if (rule.empty() || std::ranges::find(known, rule) != known.end()) return;
  if (!list.empty()) list += ':';
  list += rule;
}

std::string as_text(const Rule& rule) {
  return (rule.sign == 0 ? std::string() : std::string(1, rule.sign)) + join(rule.parts, "+");
}

// Takes the rules off a list; `stray` is told of what belongs to none.
class RuleReader {
 public:
  RuleReader(std::string_view list, std::vector<std::string>& faults)
      : rest_(list), faults_(faults) {}

  bool next(Rule& rule) {
    rule = {};
    while (true) {
      skip_separators();
      if (rest_.empty()) return false;
      if (is_sign(rest_.front())) {
        read_sign(rule);
        if (rule.sign == 0) continue;
      }
      if (is_word_char(rest_.front())) break;
      read_stray();
    }
    read_parts(rule);
    return true;
  }

 private:
  static bool is_sign(char c) noexcept { return c == '!' || c == '-' || c == '+' || c == '@'; }

  void skip_separators() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSeparators), rest_.size()));
  }

  // A sign is for the word that follows at once; what stands apart from it was meant for it.
  void read_sign(Rule& rule) {
    const char sign = rest_.front();
    rest_.remove_prefix(1);
    if (!rest_.empty() && is_word_char(rest_.front())) {
      rule.sign = sign;
      return;
    }
    faults_.push_back(text(quote(std::string(1, sign)), " stands alone"));
    skip_separators();
    if (sign != '@' && !rest_.empty() && is_word_char(rest_.front())) rule.sign = sign;
  }

  void read_stray() {
    std::size_t size = 0;
    while (size < rest_.size() && !is_word_char(rest_[size]) && !is_sign(rest_[size]) &&
           kSeparators.find(rest_[size]) == std::string_view::npos) {
      ++size;
    }
    faults_.push_back(text(quote(rest_.substr(0, size)), " belongs to no word"));
    rest_.remove_prefix(size);
  }

  void read_parts(Rule& rule) {
    while (true) {
      std::size_t size = 0;
      while (size < rest_.size() && is_word_char(rest_[size])) ++size;
      rule.parts.emplace_back(rest_.substr(0, size));
      rest_.remove_prefix(size);
      if (rest_.empty() || rest_.front() != '+') return;
      rest_.remove_prefix(1);
      if (!rest_.empty() && is_word_char(rest_.front())) continue;
      faults_.push_back(text(quote(rule.parts.back() + '+'), " has nothing behind its plus"));
      skip_separators();
      if (rest_.empty() || !is_word_char(rest_.front())) return;
    }
  }

  std::string_view rest_;
  std::vector<std::string>& faults_;
};

// What is wrong with a word of another meaning than was thought; empty for those that are right.
std::string fault_of(const std::string& word, const CipherWord& meaning) {
  const std::string shown = quote(word);
  switch (meaning.kind) {
    case Kind::known:
    case Kind::old:
      return {};
    case Kind::first_only:
      return text(shown, " counts at the beginning of a list alone");
    case Kind::other_spelling:
      return text(shown, " is spelled ", meaning.instead);
    case Kind::standard_name:
      return text(shown, " is OpenSSL's ", meaning.instead);
    case Kind::tls13_suite:
      return text(shown, " is a suite of TLS 1.3, which has a list of its own");
    case Kind::tls12_suite:
      return text(shown, " is for TLS 1.2, which has a list of its own");
    case Kind::profile:
      return text(shown, " is a word of Red Hat's OpenSSL, for what holds here without the line");
    case Kind::version:
      return text(shown, " is a version, which SSLProtocol is for");
    case Kind::misspelt:
      return text(shown, " is unknown, ", meaning.instead, " is like it");
    case Kind::unknown:
      break;
  }
  return text(shown, " is unknown");
}

class ListReviewer {
 public:
  ListReviewer(CipherWords& words, CipherListReview& review) : words_(words), review_(review) {}

  void take(const Rule& rule) {
    if (rule.sign == '@') {
      take_command(rule);
      return;
    }
    Rule meant{rule.sign, {}};
    bool is_lost = false;
    bool is_absent = false;
    for (const std::string& part : rule.parts) {
      const bool leads = is_first_ && rule.sign == 0 && rule.parts.size() == 1;
      const CipherWord meaning = words_.meaning_of(part, leads);
      if (std::string fault = fault_of(part, meaning); !fault.empty()) {
        review_.faults.push_back(std::move(fault));
      }
      is_absent = is_absent || meaning.kind == Kind::old;
      if (!keep(rule, part, meaning, leads, meant)) is_lost = true;
    }
    is_first_ = false;
    if (is_absent && rule.sign == 0) review_.absent.push_back(quote(as_text(rule)));
    if (!is_lost) append(review_.mended, as_text(meant));
  }

  // A list that begins with one of the words that count there alone.
  void finish() {
    if (leading_.empty()) return;
    std::string list = leading_;
    for (const std::string_view rule : split(review_.mended, ':')) append(list, rule);
    review_.mended = std::move(list);
  }

 private:
  // False if the rule cannot be kept, or is kept elsewhere.
  bool keep(const Rule& rule, const std::string& part, const CipherWord& meaning, bool leads,
            Rule& meant) {
    switch (meaning.kind) {
      case Kind::known:
      case Kind::old:
        meant.parts.push_back(part);
        return true;
      case Kind::tls13_suite:
        if (rule.sign == 0 || rule.sign == '+') append(review_.elsewhere, meaning.instead);
        return false;
      case Kind::first_only:
      case Kind::profile:
        if (rule.sign == 0 && leading_.empty()) leading_ = meaning.instead;
        return false;
      case Kind::other_spelling:
      case Kind::standard_name:
      case Kind::misspelt:
        if (!leads && words_.meaning_of(meaning.instead, false).kind == Kind::first_only) {
          if (rule.sign == 0 && leading_.empty()) leading_ = meaning.instead;
          return false;
        }
        meant.parts.push_back(meaning.instead);
        return true;
      case Kind::tls12_suite:
      case Kind::version:
      case Kind::unknown:
        break;
    }
    return false;
  }

  void take_command(const Rule& rule) {
    const std::string command = as_text(rule);
    is_first_ = false;
    if (words_.selects("ALL:" + command)) {
      append(review_.mended, command);
      return;
    }
    const std::string& word = rule.parts.front();
    std::string instead;
    if (starts_with_ignoring_case(word, "SEC")) {
      const auto digit = word.find_first_of("012345");
      if (digit != std::string::npos) instead = text("@SECLEVEL=", word[digit]);
    } else if (starts_with_ignoring_case(word, "ST")) {
      instead = "@STRENGTH";
    }
    review_.faults.push_back(text(quote(command),
                                  " is no command, which are @STRENGTH and "
                                  "@SECLEVEL=0 to @SECLEVEL=5"));
    append(review_.mended, instead);
  }

  CipherWords& words_;
  CipherListReview& review_;
  std::string leading_;
  bool is_first_ = true;
};

// `list` is for this setting, and where the review has kept nothing for it only a substitute.
std::string fix_for(const CipherListReview& review, std::string_view directive,
                    std::string_view list, std::string_view other) {
  if (review.elsewhere.empty()) return text("write: ", directive, ' ', list);
  // Nothing was asked for here.
  if (review.mended.empty()) return text("write: ", other, ' ', review.elsewhere);
  return text("write: ", directive, ' ', list, "; and: ", other, ' ', review.elsewhere);
}

}  // namespace

std::string CipherListReview::told() const {
  std::vector<std::string> first(
      faults.begin(),
      faults.begin() + static_cast<std::ptrdiff_t>(std::min(faults.size(), kMostTold)));
  if (faults.size() > kMostTold) first.push_back(text(faults.size() - kMostTold, " more"));
  return join(first, "; ");
}

CipherListReview review_cipher_list(std::string_view list, CipherWords& words) {
  CipherListReview review;
  ListReviewer reviewer(words, review);
  RuleReader rules(list, review.faults);
  for (Rule rule; rules.next(rule);) reviewer.take(rule);
  reviewer.finish();
  return review;
}

CipherListReview review_suites(std::string_view suites, CipherWords& words) {
  CipherListReview review;
  for (const std::string_view piece : split(suites, ':')) {
    const std::string_view name = trim(piece);
    if (name.empty()) continue;
    if (const CipherWord whole = words.meaning_in_tls13(name); whole.kind == Kind::known) {
      append(review.mended, name);
      continue;
    }
    // What OpenSSL takes for one name may be several with something else between them.
    std::string apart(name);
    std::ranges::replace_if(
        apart, [](char c) { return !is_word_char(c); }, ' ');
    const auto parts = tlsplus::words(apart);
    if (parts.size() > 1) {
      review.faults.push_back(text(quote(name), " has something else than colons between names"));
    }
    for (const std::string_view part : parts) {
      const CipherWord meaning = words.meaning_in_tls13(part);
      if (std::string fault = fault_of(std::string(part), meaning); !fault.empty()) {
        review.faults.push_back(std::move(fault));
      }
      if (meaning.kind == Kind::tls12_suite) {
        append(review.elsewhere, meaning.instead);
      } else {
        append(review.mended, meaning.kind == Kind::known ? part : meaning.instead);
      }
    }
  }
  return review;
}

std::string usable_list(const std::string& mended, CipherWords& words) {
  for (const std::string& list : {mended, text("HIGH:", mended)}) {
    if (!mended.empty() && words.selects(list + kNeverCiphers)) return list;
  }
  return "HIGH";
}

std::string fix_for_list(const CipherListReview& review, std::string_view directive,
                         std::string_view other, CipherWords& words) {
  return fix_for(review, directive, usable_list(review.mended, words), other);
}

std::string fix_for_suites(const CipherListReview& review, std::string_view directive,
                           std::string_view other) {
  constexpr std::string_view kUsual =
      "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
  return fix_for(review, directive, review.mended.empty() ? kUsual : review.mended, other);
}

}  // namespace tlsplus
