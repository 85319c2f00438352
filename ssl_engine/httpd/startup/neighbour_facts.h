// SPDX-License-Identifier: Apache-2.0
//
// The facts of neighbours: what lines of other modules say that lint_neighbours() judges, found in
// one walk over what httpd has read.
#pragma once

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/lint/lint_neighbours.h"

namespace tlsplus {

/// `input` and `servers` are of the same reading of the configuration and in the same order.
NeighbourFacts neighbour_facts(const BuildInput& input, const std::vector<server_rec*>& servers,
                               apr_pool_t* scratch);

}  // namespace tlsplus
