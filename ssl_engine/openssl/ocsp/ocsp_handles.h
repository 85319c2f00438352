// SPDX-License-Identifier: Apache-2.0
//
// Handles of OCSP's objects, for this room alone: nobody else sees <openssl/ocsp.h>.
#pragma once

#include <openssl/ocsp.h>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

using OcspRequest = Handle<OCSP_REQUEST, OCSP_REQUEST_free>;
using OcspResponse = Handle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using OcspBasic = Handle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using OcspCertId = Handle<OCSP_CERTID, OCSP_CERTID_free>;

}  // namespace tlsplus
