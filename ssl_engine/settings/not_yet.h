// SPDX-License-Identifier: Apache-2.0
//
// gather_not_yet(): what is said of lines that belong to parts of mod_ssl which are still to be
// built: stapling, OCSP for client certificates. Real configurations are full of them with nothing
// that needs them, since distributions write them down beforehand.
#pragma once

#include <vector>

#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

/// Puts the lines told one by one while the configuration was read together: one error
/// (Tp::directive_not_yet) that names all lines of the parts that are asked for, and one warning
/// (Tp::directive_unused) for those that nothing needs. The other findings stay as they are.
void gather_not_yet(std::vector<Finding>& findings);

}  // namespace tlsplus
