// SPDX-License-Identifier: Apache-2.0
//
// check(): the whole check of a server, in some seven connections, one for each thing that needs
// its own.
#pragma once

#include "ssl_engine/tools/check_report.h"
#include "ssl_engine/tools/check_visit.h"

namespace tlsplus::tools {

Report check(const Question& question);

}  // namespace tlsplus::tools
