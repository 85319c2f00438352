// SPDX-License-Identifier: Apache-2.0
//
// key_exposure(): who can read the file of a private key beside root. Keys are read before the
// server gives up its privileges, so that nobody else needs to.
#pragma once

#include <optional>
#include <string>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/helper_process.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

/// What there is to say of the file at `path`, without a place; nullopt: nothing. `children`: the
/// account that children change to; nullopt: they stay who we are.
std::optional<Error> key_exposure(const std::string& path, const FileStamp& stamp,
                                  const std::optional<RunAs>& children);

}  // namespace tlsplus
