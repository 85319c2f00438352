// SPDX-License-Identifier: Apache-2.0
//
// write_line(): the line that was meant, as a fix to be copied into the configuration. Who is told
// "write: ..." writes just that, so it has the directive, every word, and quotation marks where
// httpd wants them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/settings/parse.h"

namespace tlsplus {

/// "write: SSLRandomSeed startup builtin"; "remove the line" if no word is left.
std::string write_line(const Line& line, const std::vector<std::string>& words);
/// The line with `word`, one of its words, replaced; left out if `by` is empty.
std::string write_line_with(const Line& line, std::string_view word, std::string_view by);

/// The `Mutex` line that says today what an `SSLMutex` with this argument said.
std::string modern_mutex(std::string_view old_argument);

/// `done` is what became of the line. If that has what looks like a quotation mark or a blank and
/// is none to httpd (typographic quotation marks, no-break and zero-width spaces, as web pages and
/// word processors make them), it is told, with the line in plain characters.
Status tell_lookalikes(const Line& line, Status done);

}  // namespace tlsplus
