// SPDX-License-Identifier: Apache-2.0
//
// staple_id_of(), staple_from(): what identifies a certificate towards a provider of OCSP
// responses, and the copy of a response that OpenSSL will own.
#pragma once

#include <array>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/tls/callbacks.h"

namespace tlsplus {

/// SHA-1 over the DER, the id that http_ssl.h's OCSP hooks use.
using StapleId = std::array<Byte, 20>;
StapleId staple_id_of(const X509& leaf) noexcept;

/// The certificate this handshake presents; null before one was chosen.
X509* certificate_in_use(SSL& ssl) noexcept;

/// A copy that SSL_set_tlsext_status_ocsp_resp(3) may take; empty without memory.
ServerEvents::Staple staple_from(ByteView der) noexcept;

}  // namespace tlsplus
