// SPDX-License-Identifier: Apache-2.0
//
// with_words_apart(): what was meant by a line whose words are held together by commas or quotation
// marks, as "SSLOptions +StdEnvVars,+ExportCertData" is: httpd splits at blanks and nowhere else.
#pragma once

#include "ssl_engine/settings/parse.h"

namespace tlsplus {

/// `refused`, with the line to write for its hint if `accepts` takes the words once they stand
/// apart, and has no remark about them.
Error with_words_apart(const Line& line, Error refused, bool (*accepts)(const Line& line));

}  // namespace tlsplus
