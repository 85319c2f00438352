// SPDX-License-Identifier: Apache-2.0
//
// register_client_cert_hooks(): when in the life of a request the header of SSLClientCertHeader is
// cleaned, and when it is filled.
#pragma once

namespace tlsplus {

/// Once, in register_hooks.
void register_client_cert_hooks();

}  // namespace tlsplus
