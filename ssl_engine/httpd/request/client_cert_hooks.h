// SPDX-License-Identifier: Apache-2.0
//
// SSLClientCertHeader: when in the life of a request its header is cleaned, and when it is filled.
#pragma once

namespace tlsplus {

/// Once, in register_hooks.
void register_client_cert_hooks();

}  // namespace tlsplus
