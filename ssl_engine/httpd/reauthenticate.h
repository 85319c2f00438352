// SPDX-License-Identifier: Apache-2.0
//
// SSLVerifyClient, SSLVerifyDepth and SSLCipherSuite of the place a request is for.
#pragma once

namespace tlsplus {

void register_reauthenticate_hooks();

}  // namespace tlsplus
