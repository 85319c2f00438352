// SPDX-License-Identifier: Apache-2.0
//
// The whole check: some seven connections, one for each thing that needs its own.
#pragma once

#include "ssl_engine/tools/check_report.h"
#include "ssl_engine/tools/check_visit.h"

namespace tlsplus::tools {

Report check(const Question& question);

}  // namespace tlsplus::tools
