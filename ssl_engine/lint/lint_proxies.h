// SPDX-License-Identifier: Apache-2.0
//
// lint_proxies(): everything that can be said against the settings of connections to other servers
// once their files are read: what verifies nothing, what trusts more than was meant, and what has
// no effect.
#pragma once

#include <vector>

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/proxy_tls.h"
#include "ssl_engine/messages/findings.h"

namespace tlsplus {

/// What OpenSSL refused of a context, as a finding of the directive's own words and line.
/// Error::where.directive of `error` is the directive.
Error explain_proxy_error(const ProxyInput& input, const ProxyPolicy& policy, const Error& error);

/// `made` is by input.proxies.
void lint_proxies(const BuildInput& input, const std::vector<ProxyTls>& made, Findings& findings);

}  // namespace tlsplus
