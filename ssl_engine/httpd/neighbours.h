// SPDX-License-Identifier: Apache-2.0
//
// What the directives of httpd's own modules say where it matters to us and no function tells:
// read from the configuration tree, in the parent.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "ssl_engine/httpd/apache.h"

namespace tlsplus {

/// How many unfinished handshakes a child of this MPM may hold before the oldest must go; 0 for
/// no limit. From ThreadsPerChild and AsyncRequestWorkerFactor.
std::size_t parking_capacity();

/// mod_reqtimeout's limit for handshakes, as far as it stands outside of virtual hosts
/// (`RequestReadTimeout handshake=5`, or the upper one of `5-10`); nullopt if there is none. That
/// module looks at its clock when bytes come, so a handshake that waits in the MPM needs ours.
std::optional<std::chrono::seconds> reqtimeout_handshake_limit();

}  // namespace tlsplus
