// SPDX-License-Identifier: Apache-2.0
//
// parse_verify_mode() and its kin: the words of the directives about client certificates. Keywords
// ignore case.
#include "ssl_engine/base/http.h"
#include "ssl_engine/base/nearest.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/meant_line.h"
#include "ssl_engine/settings/parse.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

// A line to write where the word is a misspelling; else the catalogue's own words.
std::string hint_for(const Line& line, std::size_t position, std::span<const std::string> known) {
  const std::string_view meant = nearest(line.word(position), known);
  return meant.empty() ? std::string() : write_line_with(line, line.word(position), meant);
}

}  // namespace

Result<VerifyMode> parse_verify_mode(const Line& line) {
  if (const auto mode = value_named(kVerifyModes, line.word(0))) return *mode;
  return line.refusal(Tp::verify_mode_value, quote(line.word(0)),
                      hint_for(line, 0, words_in(kVerifyModes)));
}

Result<RevocationSetting> parse_revocation_check(const Line& line) {
  const auto check = value_named(kRevocationChecks, line.word(0));
  if (!check) {
    std::string hint = hint_for(line, 0, words_in(kRevocationChecks));
    if (hint.empty()) hint = text(write_line(line, {"chain"}), "; or leaf or none in its place");
    return line.refusal(Tp::crl_check_value, quote(line.word(0)), std::move(hint));
  }
  RevocationSetting setting{.check = *check};
  for (const std::string_view flag : line.words.subspan(1)) {
    if (!equals_ignoring_case(flag, kNoCrlIsFine)) {
      return line.refusal(Tp::crl_check_value, quote(flag),
                          write_line(line, {std::string(line.word(0)), std::string(kNoCrlIsFine)}));
    }
    setting.missing_is_fine = true;
  }
  return setting;
}

Result<OcspSetting> parse_ocsp_check(const Line& line) {
  const auto which = value_named(kOcspChecks, line.word(0));
  const bool has_flag = line.words.size() == 2 && equals_ignoring_case(line.word(1), kNoOcspIsFine);
  if (which && (line.words.size() == 1 || has_flag)) return OcspSetting{*which, has_flag};
  return line.refusal(
      Tp::ocsp_check_value,
      quote(join(std::vector<std::string>(line.words.begin(), line.words.end()), " ")));
}

Result<std::string_view> parse_ocsp_proxy(const Line& line) {
  if (const auto url = parse_http_url(line.word(0)); !url) {
    return line.refusal(Tp::ocsp_proxy_value, url.error().what);
  }
  return line.word(0);
}

}  // namespace tlsplus
