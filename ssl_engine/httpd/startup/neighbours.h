// SPDX-License-Identifier: Apache-2.0
//
// Neighbours: what the directives of httpd's own modules say where it matters to us and no function
// tells: read from the configuration tree, in the parent.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// How many unfinished handshakes a child of this MPM may hold before the oldest must go; 0 for
/// no limit. From ThreadsPerChild and AsyncRequestWorkerFactor.
std::size_t parking_capacity();

/// How long mod_reqtimeout gives a client; 0: it does not say.
struct StageLimits {
  std::chrono::seconds handshake{0};  // `handshake=5`, or the upper one of `5-10,minrate=500`
  std::chrono::seconds header{0};     // `header=20`, or the lower one: nothing was sent so far
};

/// Of the connections to each server's addresses (mod_reqtimeout goes by conn_rec's base_server).
/// That module looks at its clock when bytes come, so who waits in the MPM needs ours.
std::vector<StageLimits> reqtimeout_limits(const std::vector<server_rec*>& servers);

}  // namespace tlsplus
