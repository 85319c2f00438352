// SPDX-License-Identifier: Apache-2.0
//
// register_auth_providers(): the providers of `Require ssl` and `Require ssl-verify-client`, for
// mod_authz_core.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// In register_hooks, with its pool.
void register_auth_providers(apr_pool_t* pool);

}  // namespace tlsplus
