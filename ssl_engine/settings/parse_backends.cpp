// SPDX-License-Identifier: Apache-2.0
//
// parse_peer_name(), parse_extra_trust(): what is asked of backends beyond mod_ssl's directives. A
// name that no certificate can have is refused here: whoever waits for a match waits for ever.
#include <algorithm>

#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/nearest.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/meant_line.h"
#include "ssl_engine/settings/parse.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostOfName = 253;  // octets (RFC 1035 2.3.4), as text
constexpr std::size_t kMostOfLabel = 63;

/// '_' is in no host name and in certificates of machines all the same.
bool may_be_in_label(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

/// A dNSName without wildcard. Its last label is no number: such a name is an address gone wrong.
bool is_host_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMostOfName) return false;
  std::string_view last;
  for (const std::string_view label : split(name, '.')) {
    if (label.empty() || label.size() > kMostOfLabel) return false;
    if (!std::ranges::all_of(label, may_be_in_label)) return false;
    last = label;
  }
  return last.find_first_not_of("0123456789") != std::string_view::npos;
}

/// Scopes are for the machine that has them (RFC 4007), and in no certificate.
bool is_plain_address(std::string_view word) noexcept {
  return is_address(word) && word.find('%') == std::string_view::npos;
}

/// `word` without what belongs to no name: the brackets of an address, the dot of the root. Empty:
/// no certificate can have it.
std::string_view peer_name_in(std::string_view word) noexcept {
  if (word.starts_with('[') && word.ends_with(']')) {
    const std::string_view address = word.substr(1, word.size() - 2);
    return is_plain_address(address) ? address : std::string_view();
  }
  if (is_plain_address(word)) return word;
  if (word.ends_with('.')) word.remove_suffix(1);
  return is_host_name(word) ? word : std::string_view();
}

/// The host of a URL or of a host and port; empty: there is none.
std::string host_in(std::string_view word) {
  constexpr std::string_view kScheme = "://";
  if (const auto at = word.find(kScheme); at != std::string_view::npos) {
    word.remove_prefix(at + kScheme.size());
  }
  const auto endpoint = parse_endpoint(word.substr(0, word.find('/')), kHttpsPort);
  return endpoint ? std::string(peer_name_in(endpoint->host)) : std::string();
}

/// The word that is meant by one without its sign, or misspelt; empty: none.
std::string_view extra_trust_meant(std::string_view word) {
  const std::vector<std::string> known = words_in(kExtraTrusts);
  const std::string signed_word = word.starts_with('+') ? std::string(word) : text('+', word);
  const std::string_view meant = nearest(signed_word, known);
  for (const auto& row : kExtraTrusts) {
    if (equals_ignoring_case(row.word, signed_word) || row.word == meant) return row.word;
  }
  return {};
}

}  // namespace

Result<std::string_view> parse_peer_name(const Line& line) {
  const std::string_view word = line.word(0);
  if (equals_ignoring_case(word, "off")) return std::string_view();
  if (const std::string_view name = peer_name_in(word); !name.empty()) return name;
  const std::string meant = host_in(word);
  return line.refusal(Tp::peer_name_value, quote(word),
                      meant.empty() ? std::string() : write_line(line, {meant}));
}

Result<ExtraTrust> parse_extra_trust(const Line& line) {
  ExtraTrust extra;
  if (line.words.size() == 1 && equals_ignoring_case(line.word(0), "off")) return extra;
  if (line.words.empty()) return line.refusal(Tp::extra_trust_value, "nothing follows");
  for (const std::string_view word : line.words) {
    const auto named = value_named(kExtraTrusts, word);
    if (!named) {
      const std::string_view meant = extra_trust_meant(word);
      return line.refusal(Tp::extra_trust_value, quote(word),
                          meant.empty() ? std::string() : write_line_with(line, word, meant));
    }
    extra.** named = true;
  }
  return extra;
}

}  // namespace tlsplus
