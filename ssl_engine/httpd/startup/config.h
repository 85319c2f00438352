// SPDX-License-Identifier: Apache-2.0
//
// The configuration phase: creates and merges our slots, and turns the rows of directives.h into
// command_rec rows. One handler serves them all.
#pragma once

#include <vector>

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

extern "C" {
void* tlsplus_create_dir_config(apr_pool_t* pool, char* path) noexcept;
void* tlsplus_merge_dir_config(apr_pool_t* pool, void* parent, void* child) noexcept;
void* tlsplus_create_server_config(apr_pool_t* pool, server_rec* server) noexcept;
void* tlsplus_merge_server_config(apr_pool_t* pool, void* parent, void* child) noexcept;
}

/// The command table, made from kDirectives once per load of the module; ends with an empty
/// row. Both module records point at it.
const command_rec* command_table() noexcept;

/// What was accepted while the configuration was read, but should be told: of `main_server` and
/// all virtual hosts, in the order of the configuration. Complete once httpd has read it; the
/// same however often it is asked. `vhost` is left empty: the line says more.
std::vector<Finding> parse_findings(server_rec& main_server);

/// The <VirtualHost> line of a virtual host; an empty Where for the main server.
Where defined_at(const server_rec& server);

}  // namespace tlsplus
