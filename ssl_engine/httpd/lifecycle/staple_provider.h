// SPDX-License-Identifier: Apache-2.0
//
// register_staple_provider(): OCSP responses for the certificates of other TLS modules, by httpd's
// own hooks for that: they tell us at start which, and ask in their handshakes.
#pragma once

namespace tlsplus {

void register_staple_provider();

}  // namespace tlsplus
