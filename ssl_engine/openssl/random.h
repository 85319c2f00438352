// SPDX-License-Identifier: Apache-2.0
//
// random_private(): random octets for keys. The DRBG seeds itself from the system, and anew after a
// fork.
#pragma once

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

/// Fills `out` from OpenSSL's private DRBG (RAND_priv_bytes(3)). False: it has no entropy; `out`
/// is not to be used then. Leaves the error queue clear. Any thread.
[[nodiscard]] bool random_private(MutableByteView out) noexcept;

}  // namespace tlsplus
