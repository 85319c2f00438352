// SPDX-License-Identifier: Apache-2.0
//
// our_connection(), attach(): the slot, written and read in one place each.
#include "ssl_engine/httpd/connection/our_connection.h"

#include "ssl_engine/httpd/apache/module.h"

namespace tlsplus {

OurConnection* our_connection(const conn_rec& connection) noexcept {
  const conn_rec& primary = connection.master != nullptr ? *connection.master : connection;
  return static_cast<OurConnection*>(ap_get_module_config(primary.conn_config, &loaded_module()));
}

void attach(conn_rec& connection, OurConnection& ours) noexcept {
  ap_set_module_config(connection.conn_config, &loaded_module(), &ours);
}

}  // namespace tlsplus
