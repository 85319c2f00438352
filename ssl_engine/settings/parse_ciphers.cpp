// SPDX-License-Identifier: Apache-2.0
//
// parse_ciphers(): SSLCipherSuite and its like: a list in one word, before it perhaps a selector.
// httpd splits at blanks, so that "HIGH, !aNULL" is two words, of which the first looks like a
// selector; what was meant is worked out for the message.
#include <array>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/command_words.h"
#include "ssl_engine/settings/cipher_list.h"
#include "ssl_engine/settings/meant_line.h"
#include "ssl_engine/settings/parse.h"

namespace tlsplus {
namespace {

std::string joined(Words words, char separator) {
  std::vector<std::string> parts(words.begin(), words.end());
  return join(parts, std::string(1, separator));
}

// "TLSv1.2", "ssl", "TLS": a selector was meant, for what needs none.
bool is_selector_of_old_versions(std::string_view word) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"SSL", "TLS", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLS1.2", "all"});
  for (const std::string_view known : kWords) {
    if (equals_ignoring_case(known, word)) return true;
  }
  return false;
}

bool is_selector_of_tls13(std::string_view word) {
  return equals_ignoring_case(word, "TLSv1.3") || equals_ignoring_case(word, "TLS1.3") ||
         equals_ignoring_case(word, "TLS13");
}

Error cipher_refusal(const Line& line) {
  const std::string directive = line.origin.directive;
  const std::string other = directive + " TLSv1.3";
  CipherWords words;
  if (line.word(0).empty()) {
    return line.refusal(Tp::cipher_list_split, "no list", write_line(line, {"HIGH"}));
  }
  const std::string_view first = line.word(0);
  const bool is_for_tls13 = is_selector_of_tls13(first) && line.words.size() > 1;
  const bool has_selector =
      line.words.size() > 1 && (is_for_tls13 || is_selector_of_old_versions(first));
  const std::string list =
      joined(has_selector ? line.words.subspan(1) : line.words, is_for_tls13 ? ':' : ' ');
  std::string fix = is_for_tls13
                        ? fix_for_suites(review_suites(list, words), other, directive)
                        : fix_for_list(review_cipher_list(list, words), directive, other, words);
  if (has_selector && line.words.size() == 2) {
    return line.refusal(Tp::cipher_selector_unknown, quote(first), std::move(fix));
  }
  return line.refusal(Tp::cipher_list_split, quote(joined(line.words, ' ')), std::move(fix));
}

}  // namespace

Result<CipherSetting> parse_ciphers(const Line& line) {
  if (line.words.size() == 1 && !line.word(0).empty()) return CipherSetting{false, line.word(0)};
  const bool is_for_tls13 = line.word(0) == "TLSv1.3";
  if (line.words.size() != 2 || (line.word(0) != "SSL" && !is_for_tls13)) {
    return cipher_refusal(line);
  }
  return CipherSetting{is_for_tls13, line.word(1)};
}

Result<std::string_view> parse_groups(const Line& line) {
  const GroupList groups = read_groups(line.word(0));
  std::string fault = groups.fault();
  if (fault.empty()) return line.word(0);
  std::string list = groups.mended;
  if (read_groups(list).usable.empty()) list += list.empty() ? "X25519:P-256" : ":?X25519:P-256";
  return line.refusal(Tp::groups_value, std::move(fault), write_line(line, {list}));
}

Error split_command_refusal(const Line& line) {
  const std::string directive = line.origin.directive;
  const std::string_view command = line.word(0);
  if (line.words.size() < 2) {
    return line.refusal(Tp::conf_command_split, command.empty()
                                                    ? std::string("nothing follows")
                                                    : text("nothing follows ", quote(command)));
  }
  const std::string begin = text(directive, ' ', command);
  const std::string value = joined(line.words.subspan(1), ' ');
  const char separator = separator_of_command(command);
  if (separator == '\0') {
    return line.refusal(Tp::conf_command_split, quote(value),
                        write_line(line, {std::string(command), value}));
  }
  CipherWords known;
  if (equals_ignoring_case(command, "CipherString")) {
    return line.refusal(
        Tp::conf_command_split, quote(value),
        fix_for_list(review_cipher_list(value, known), begin, directive + " Ciphersuites", known));
  }
  // Blanks and whatever separators there are become the one that OpenSSL has.
  std::string apart(value);
  for (char& c : apart) {
    if (c == ',' || c == ';' || c == ':') c = ' ';
  }
  std::vector<std::string> parts;
  for (const std::string_view part : words(apart)) parts.emplace_back(part);
  std::string list = join(parts, std::string(1, separator));
  if (equals_ignoring_case(command, "Ciphersuites")) {
    return line.refusal(
        Tp::conf_command_split, quote(value),
        fix_for_suites(review_suites(list, known), begin, directive + " CipherString"));
  }
  if (std::string mended = review_command_value(command, list).mended; !mended.empty()) {
    list = std::move(mended);
  }
  return line.refusal(Tp::conf_command_split, quote(value),
                      write_line(line, {std::string(command), list}));
}

}  // namespace tlsplus
