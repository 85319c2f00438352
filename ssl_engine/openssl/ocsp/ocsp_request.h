// SPDX-License-Identifier: Apache-2.0
//
// ocsp_question(): what a responder is asked about a certificate (RFC 6960 4.1), whom there is to
// ask, and whether the certificate insists on a staple.
#pragma once

#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/ocsp/nonce_use.h"

namespace tlsplus {

struct OcspQuestion {
  Bytes der;
  Bytes nonce;  // 32 octets (RFC 9654 2.1); empty: none was asked for
};

/// The certificate is named by SHA-1: nothing rests on that digest, and it is the only one that all
/// responders know (RFC 5019 2.1.1). The Error: no memory, no entropy.
Result<OcspQuestion> ocsp_question(const X509& certificate, const X509& issuer, NonceUse nonce);

/// The responders that a certificate names (authorityInfoAccess), http and https only, in its
/// order. A stranger may have written them.
std::vector<std::string> ocsp_responders(X509& certificate);

/// True if it names a responder at all, of whatever scheme.
bool names_responder(X509& certificate);

/// The certificate says that servers staple an answer to it (TLS feature status_request, RFC 7633):
/// without one, some clients refuse it.
bool wants_staple(const X509& certificate);

}  // namespace tlsplus
