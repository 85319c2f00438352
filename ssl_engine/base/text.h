// SPDX-License-Identifier: Apache-2.0
//
// The few string functions the project needs, over string_view. escape() is the one that
// matters: everything a peer sent goes through it before it reaches a log.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

std::string_view trim(std::string_view text) noexcept;
/// Words separated by blanks; none is empty.
std::vector<std::string_view> words(std::string_view text);
/// Parts between `separator`; empty parts are kept. "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

/// ASCII only, as host names and keywords need (RFC 4343); never asks the locale.
char to_lower(char c) noexcept;
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept;

/// Text that may come from a peer, made fit for one log line: control characters, quotes,
/// backslashes and every octet above 0x7e become C escapes. At most `limit` octets of
/// input are shown; what was cut is marked by "...".
std::string escape(std::string_view text, std::size_t limit = 256);
/// `shown` with at most `most` octets, its end replaced by "..." if it had more.
std::string cut(std::string shown, std::size_t most);
/// One word of a shell's command line, whatever is in it.
std::string shell_word(std::string_view text);
/// escape() between double quotes.
std::string quote(std::string_view text);

std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Lower-case hexadecimal, two digits an octet.
std::string hex(ByteView bytes);

/// Concatenates text and numbers; what std::format would be for here.
class TextBuilder {
 public:
  void add(std::string_view text) { text_ += text; }
  void add(char c) { text_ += c; }
  template <std::integral N>
  requires(!std::same_as<N, char> && !std::same_as<N, bool>) void add(N number) {
    text_ += std::to_string(number);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// text("port ", 443, " has no engine")
template <class... Parts>
std::string text(const Parts&... parts) {
  TextBuilder built;
  (built.add(parts), ...);
  return built.take();
}

}  // namespace tlsplus
