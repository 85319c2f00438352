// SPDX-License-Identifier: Apache-2.0
//
// The variables that are not about TLS: the request's and the clock's. mod_ssl answers them in
// %{..}x, ssl() and ssl_var_lookup(), and configurations rely on it.
#pragma once

#include <string_view>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// The value in `pool` or in memory that lives as long as the request; nullptr if the name is
/// not one of these or has no value. `request` may be null: then only what does not depend on it
/// is answered.
const char* request_variable(apr_pool_t* pool, request_rec* request, std::string_view name);

}  // namespace tlsplus
