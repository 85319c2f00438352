// SPDX-License-Identifier: Apache-2.0
//
// tls_view(): asked of the connection, which keeps its view from the ClientHello on.
#include "ssl_engine/httpd/connection/tls_view.h"

#include "ssl_engine/httpd/connection/tls_connection.h"

namespace tlsplus {

const TlsView* tls_view(const conn_rec& connection) noexcept {
  const OurConnection* ours = our_connection(connection);
  return ours == nullptr ? nullptr : ours->view();
}

}  // namespace tlsplus
