// SPDX-License-Identifier: Apache-2.0
//
// examine_certificates(): what is told of the certificates a server has sent, and of the staple
// with them.
#pragma once

#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/tools/check_report.h"
#include "ssl_engine/tools/check_visit.h"

namespace tlsplus::tools {

/// Precondition: the handshake on `ssl` is complete.
void examine_certificates(const Question& question, SSL& ssl, Report& report);

}  // namespace tlsplus::tools
