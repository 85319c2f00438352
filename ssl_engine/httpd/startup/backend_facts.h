// SPDX-License-Identifier: Apache-2.0
//
// backend_lines(): the lines of the configuration that send requests to another server over TLS.
#pragma once

#include <vector>

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/lint/lint_backends.h"

namespace tlsplus {

std::vector<BackendLine> backend_lines(const BuildInput& input, apr_pool_t* scratch);

/// True if a line outside of all virtual hosts may make a pool of connections over HTTP/2, which
/// all of them have a part in: it names such a backend, or a balancer.
bool shares_http2_backends() noexcept;

}  // namespace tlsplus
