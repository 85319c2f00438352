// SPDX-License-Identifier: Apache-2.0
//
// The access hooks: what TLS has to say on who may see what: SSLRequireSSL, SSLVerifyClient in a
// directory, SSLUserName, SSLRequire, and what SSLOptions makes of them in the phases that follow.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// check_access, check_access_ex, check_authn and check_authz; in register_hooks.
void register_access_hooks();

}  // namespace tlsplus
