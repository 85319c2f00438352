// SPDX-License-Identifier: Apache-2.0
//
// parse_protocols(), parse_options(): SSLProtocol and SSLOptions, lists of words that add with '+',
// take away with '-' and, bare, start anew. That a bare word drops what stood before it is what
// people are surprised by, so it is told.
#include <cstdint>
#include <optional>

#include "ssl_engine/base/nearest.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/settings/meant_line.h"
#include "ssl_engine/settings/parse.h"

namespace tlsplus {
namespace {

std::optional<ProtocolSet> protocols_named(std::string_view name) {
  if (equals_ignoring_case(name, "all")) return default_protocols();
  const auto named = protocol_named(name);
  if (!named) return std::nullopt;
  ProtocolSet one;
  one.add(*named);
  return one;
}

/// A word with its sign taken off: '+', '-', or 0 for none.
struct SignedWord {
  char sign = 0;
  std::string_view name;
};

SignedWord signed_word(std::string_view word) {
  if (word.starts_with('+') || word.starts_with('-')) return {word.front(), word.substr(1)};
  return {0, word};
}

struct OptionName {
  std::string_view name;
  unsigned bit;
};

constexpr OptionName kOptionNames[] = {
    {"StdEnvVars", OptionSet::kStdEnvVars},
    {"ExportCertData", OptionSet::kExportCertData},
    {"FakeBasicAuth", OptionSet::kFakeBasicAuth},
    {"StrictRequire", OptionSet::kStrictRequire},
    {"OptRenegotiate", OptionSet::kOptRenegotiate},
    {"LegacyDNStringFormat", OptionSet::kLegacyDnString},
};

std::string option_names(unsigned bits) {
  std::vector<std::string> names;
  for (const auto& row : kOptionNames) {
    if ((bits & row.bit) != 0) names.emplace_back(row.name);
  }
  return join(names, " ");
}

constexpr unsigned kEveryOption = ~0U;

// With its sign; empty if it is no misspelling of any.
std::string option_meant(std::string_view word) {
  // Several in one word are with_words_apart()'s: a bare name among them has to get its sign.
  if (word.find_first_of(", \t") != std::string_view::npos) return {};
  std::vector<std::string> known;
  for (const auto& row : kOptionNames) known.emplace_back(row.name);
  const auto [sign, name] = signed_word(word);
  const std::string_view meant = nearest(name, known);
  if (meant.empty()) return {};
  return sign == 0 ? std::string(meant) : text(sign, meant);
}

// The version that is meant by a name in another spelling, "TLS1.2" or "tlsv1_3"; empty if none.
std::string_view version_meant(std::string_view name) {
  if (protocols_named(name)) return name;
  const auto bare = [](std::string_view spelled) {
    std::string kept;
    for (const char c : to_lower(std::string(spelled))) {
      if (c != 'v' && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) kept += c;
    }
    return kept == "tls10" ? std::string("tls1") : kept;
  };
  for (const Protocol protocol : kProtocols) {
    if (bare(name) == bare(name_of(protocol))) return name_of(protocol);
  }
  return {};
}

// The versions of the line that there are, whatever holds them together. A bare name starts anew,
// but who lists several means all of them.
std::string write_versions(const Line& line) {
  std::vector<std::string> kept;
  bool is_any_on = false;
  for (const std::string_view word : line.words) {
    for (const std::string_view piece : split(word, ',')) {
      for (const std::string_view part : words(piece)) {
        const auto [sign, name] = signed_word(part);
        const std::string_view meant = version_meant(name);
        const auto named = protocols_named(meant);
        const bool is_on = sign != '-';
        if (!named || (is_on && named->has(Protocol::ssl3) && !is_built_in(Protocol::ssl3))) {
          continue;
        }
        const std::string_view how = !is_on ? "-" : sign == '+' || !kept.empty() ? "+" : "";
        kept.push_back(text(how, meant));
        is_any_on |= is_on;
      }
    }
  }
  if (!is_any_on) kept = {"-all", "+TLSv1.2", "+TLSv1.3"};
  return write_line(line, kept);
}

}  // namespace

Result<ProtocolSelection> parse_protocols(const Line& line) {
  ProtocolSet selected;
  std::vector<std::string> drops;  // of words without a sign
  for (const std::string_view word : line.words) {
    const auto [sign, name] = signed_word(word);
    if (equals_ignoring_case(name, "SSLv2")) {
      if (sign == '-') continue;
      return line.refusal(Tp::protocol_sslv2, quote(word), write_versions(line));
    }
    const auto named = protocols_named(name);
    if (!named) return line.refusal(Tp::protocol_unknown, quote(name), write_versions(line));
    if (named->has(Protocol::ssl3) && !is_built_in(Protocol::ssl3)) {
      if (sign == '-') continue;
      return line.refusal(Tp::protocol_not_built_in, text(name, ", ", library_release()),
                          write_versions(line));
    }
    if (sign == 0) {
      if (!selected.empty()) {
        drops.push_back(text(quote(word), " drops ", names_of(selected, " ")));
      }
      selected = *named;
    } else if (sign == '+') {
      selected.add(*named);
    } else {
      selected.remove(*named);
    }
  }
  if (!drops.empty()) {
    line.remark(Tp::protocol_replaces, join(drops, "; "),
                text(write_versions(line), "; or let the last of them stand alone"));
  }
  return ProtocolSelection{selected};
}

Result<OptionSet> parse_options(const Line& line, const OptionSet& before) {
  OptionSet now = before;
  now.origin = &line.origin;
  unsigned of_this_line = 0;
  for (const std::string_view word : line.words) {
    const auto [sign, name] = signed_word(word);
    unsigned bit = 0;
    for (const auto& row : kOptionNames) {
      if (equals_ignoring_case(name, row.name)) bit = row.bit;
    }
    if (bit == 0) {
      const std::string meant = option_meant(word);
      const std::string all = option_names(kEveryOption);
      return line.refusal(Tp::option_unknown, quote(name),
                          meant.empty()
                              ? text("use some of ", all)
                              : text(write_line_with(line, word, meant), "; there are ", all));
    }
    if (sign == '+') {
      now.add |= bit;
      now.remove &= ~bit;
    } else if (sign == '-') {
      now.add &= ~bit;
      now.remove |= bit;
    } else {
      const unsigned dropped = of_this_line & now.add & ~bit;
      if (dropped != 0) {
        line.remark(Tp::options_dropped, text(quote(word), " drops ", option_names(dropped)),
                    text(write_line_with(line, word, text('+', name)), "; or let it stand alone"));
      }
      now.add = bit;
      now.remove = 0;
      now.absolute = true;
    }
    of_this_line |= bit;
  }
  return now;
}

}  // namespace tlsplus
