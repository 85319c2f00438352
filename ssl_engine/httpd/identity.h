// SPDX-License-Identifier: Apache-2.0
//
// Is this the right module, once, in the right server? Asked before a directive is looked at.
#pragma once

#include <optional>

#include "ssl_engine/base/error.h"

namespace tlsplus {

/// What speaks against running: mod_ssl or another copy of us beside us, an httpd or OpenSSL
/// older than what we were built for.
std::optional<Error> identity_problem();

}  // namespace tlsplus
