// SPDX-License-Identifier: Apache-2.0
//
// check_reloaded(): whether a server shows the certificate that lies in a file: after a renewal,
// the one thing to know.
#pragma once

#include <string>

#include "ssl_engine/tools/check_report.h"
#include "ssl_engine/tools/check_visit.h"

namespace tlsplus::tools {

/// `on_disk` is what `file` has: its first certificate is held against what the server shows to a
/// client that takes keys of its kind alone. Several connections are made: a server has several
/// processes, and each has to know.
Report check_reloaded(const Question& question, const std::string& file, const X509& on_disk);

}  // namespace tlsplus::tools
