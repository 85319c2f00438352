// SPDX-License-Identifier: Apache-2.0
//
// parse_responder(), parse_fake_try_later(), parse_staple_store(): the arguments that stapling has
// for itself.
#include "ssl_engine/base/http.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/parse.h"

namespace tlsplus {

Result<std::string_view> parse_responder(const Line& line) {
  if (auto url = parse_web_url(line.word(0)); !url) {
    line.remark(Tp::staple_url_value, url.error().what);
  }
  return line.word(0);
}

Result<bool> parse_fake_try_later(const Line& line) {
  Result<bool> wanted = parse_flag(line);
  if (*wanted) line.remark(Tp::staple_try_later, {});
  return wanted;
}

Result<std::string_view> parse_staple_store(const Line& line) {
  if (equals_ignoring_case(line.word(0), "off")) return std::string_view();
  const auto folder = line.paths.absolute(line.word(0));
  if (!folder || equals_ignoring_case(line.word(0), "on")) {
    return line.refusal(Tp::staple_store_value, quote(line.word(0)));
  }
  return *folder;
}

}  // namespace tlsplus
