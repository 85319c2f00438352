// SPDX-License-Identifier: Apache-2.0
//
// parse_expiry_window(), parse_notify_program(): when the end of a certificate is warned of, and
// who is told beside the log.
#include <charconv>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/parse.h"

namespace tlsplus {

Result<ExpiryWindow> parse_expiry_window(const Line& line) {
  std::string_view word = line.word(0);
  if (equals_ignoring_case(word, "off")) return ExpiryWindow{0, {}};
  const char unit = word.empty() ? '\0' : word.back();
  if (unit == '%' || unit == 'd') word.remove_suffix(1);
  int number = 0;
  const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool is_number = status == std::errc{} && end == word.data() + word.size();
  const int most = unit == '%' ? static_cast<int>(kMostExpiryPercent) : kMostExpiryDays;
  if ((unit != '%' && unit != 'd') || !is_number || number < 1 || number > most) {
    return line.refusal(Tp::expiry_value, quote(line.word(0)));
  }
  if (unit == '%') return ExpiryWindow{static_cast<unsigned>(number), {}};
  return ExpiryWindow{0, std::chrono::days(number)};
}

Result<std::string_view> parse_notify_program(const Line& line) {
  const std::string_view command = trim(line.word(0));
  if (equals_ignoring_case(command, "off")) return std::string_view();
  if (!command.starts_with('/')) return line.refusal(Tp::notify_program_value, quote(command));
  return command;
}

}  // namespace tlsplus
