// SPDX-License-Identifier: Apache-2.0
//
// The module's identity: is this the right one, once, in the right server? Asked before a directive
// is looked at.
#pragma once

#include <optional>
#include <string>

#include "ssl_engine/base/error.h"

namespace tlsplus {

/// What speaks against running: mod_ssl or another copy of us beside us, an httpd or OpenSSL
/// older than what we were built for.
std::optional<Error> identity_problem();

/// "mod_tlsplus 1.0, OpenSSL/3.0.15"
std::string own_version();
/// The name in the LoadModule line.
const char* loaded_as() noexcept;

}  // namespace tlsplus
