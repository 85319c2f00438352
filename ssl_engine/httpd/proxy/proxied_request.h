// SPDX-License-Identifier: Apache-2.0
//
// proxied_request(): the request that this thread is having answered by a backend. mod_proxy looks
// whether a pooled connection still lives before it says for whom; and one that was made under the
// settings of another virtual host must not live for this request.
#pragma once

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Null: this thread has none in hand.
request_rec* proxied_request() noexcept;
/// Its settings in `snapshot`; null: there is no such request, or it has none.
const ProxyTls* settings_of_proxied_request(const Snapshot& snapshot) noexcept;

/// Once, in register_hooks.
void register_proxied_request_hook();

}  // namespace tlsplus
