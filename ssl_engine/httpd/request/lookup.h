// SPDX-License-Identifier: Apache-2.0
//
// register_lookup_hooks(): variables, in the ways httpd and other modules ask for one: the
// ssl_var_lookup hook and optional function, ssl_ext_list, expressions, log formats. On a
// connection that is not ours the question is passed on to whoever else may know.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/request/variables.h"

namespace tlsplus {

/// Registers all of them; in register_hooks.
void register_lookup_hooks();

/// What a look-up for these may depend on; both may be null. The TLS state is the connection's,
/// or the request's connection's.
VariableQuery query_for(const conn_rec* connection, const request_rec* request);

/// `value` as httpd wants it: in `pool`, or where it lasts anyway.
const char* to_pool(apr_pool_t* pool, const VariableText& value);

}  // namespace tlsplus
