// SPDX-License-Identifier: Apache-2.0
//
// Connection: what it says of its decisions at trace3. Callers ask first whether anybody reads
// that.
#include "ssl_engine/base/text.h"
#include "ssl_engine/connection/connection.h"

namespace tlsplus {

void Connection::trace_choice(bool is_named) {
  services_.log().write(Level::trace3,
                        text("TLS: ",
                             has_server_name_ ? text("server name ", quote(server_name_))
                                              : std::string("no server name"),
                             ", host ", host_->name, is_named ? "" : " by default"));
}

void Connection::trace_end() {
  services_.log().write(
      Level::trace3,
      text("TLS: handshake done for ", host_->name, serving_ == host_ ? "" : ", by the context of ",
           serving_ == host_ ? "" : serving_->name, "; session ",
           resumption_.outcome(stream_.ssl()), "; protocol ",
           chosen_offer_ ? "chosen by ALPN" : "http/1.1 by default"));
}

}  // namespace tlsplus
