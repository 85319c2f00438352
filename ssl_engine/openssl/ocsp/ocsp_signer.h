// SPDX-License-Identifier: Apache-2.0
//
// unbelievable(): who has signed an OCSP answer, and whether he may. A part of judge_ocsp().
#pragma once

#include <optional>

#include "ssl_engine/openssl/ocsp/ocsp_handles.h"
#include "ssl_engine/openssl/ocsp/ocsp_judge.h"

namespace tlsplus {

/// What is wrong with the signature or its maker; `words` is the evidence alone. nullopt: it is to
/// be believed.
std::optional<OcspProblem> unbelievable(OCSP_BASICRESP& basic, X509& issuer, const OcspRules& rules,
                                        WallTime now);

}  // namespace tlsplus
