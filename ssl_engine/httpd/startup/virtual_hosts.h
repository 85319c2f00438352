// SPDX-License-Identifier: Apache-2.0
//
// The virtual hosts: httpd's server_recs, listeners and address tables as the core's values.
// Read-only; everything is asked through httpd's public functions, so that the core's idea of a
// virtual host and httpd's cannot differ.
#pragma once

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/hosts/vhost_index.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Every server_rec, the main server first, the others as they stand in the files. httpd's own
/// list has them backwards.
std::vector<server_rec*> servers_in_order(server_rec& main_server);

/// That they change to; none: they stay who we are.
std::optional<RunAs> account_of_children();

/// Every server in the order of the configuration, the main server first, and every Listen.
BuildInput build_input_of(server_rec& main_server);

/// The settings under which a request makes connections to other servers: those of `directory`, a
/// request's merged configuration or that of mod_proxy's section (null: none); where that has none,
/// `base`'s. Null: no line says anything of it.
const ProxyTls* proxy_tls_of(const Snapshot& snapshot, const ap_conf_vector_t* directory,
                             const server_rec& base) noexcept;

/// Where the names of a connection's address are to be looked up.
VhostIndex::Address address_of(const conn_rec& connection) noexcept;

/// For each address a virtual host names: the names there, in the order httpd would try them.
/// Hosts are numbered as in build_input_of(). `pool` is for scratch.
VhostIndex index_virtual_hosts(server_rec& main_server, apr_pool_t* pool);

}  // namespace tlsplus
