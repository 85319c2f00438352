// SPDX-License-Identifier: Apache-2.0
//
// linger_with_worker(): connections in a child that is told to stop, and what the MPM would have
// done for them.
#include "ssl_engine/httpd/connection/stopping_child.h"

#include <array>

namespace tlsplus {
namespace {

// As long as ap_lingering_close() waits.
constexpr apr_interval_time_t kLongestSilence = apr_time_from_sec(2);
constexpr apr_interval_time_t kLongestLinger = apr_time_from_sec(30);

}  // namespace

void stay_with_worker_if_stopping(TlsChannel& channel) noexcept {
  conn_rec& connection = channel.connection();
  int state = 0;
  if (connection.cs == nullptr) return;
  if (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING) {
    channel.wait.stay_with_worker();
    // What tells protocol modules to wait in place.
    connection.clogging_input_filters = 1;
  }
}

// ap_lingering_close() would run our own hook again, and close a socket that the MPM closes.
void linger_with_worker(TlsChannel& channel) noexcept {
  conn_rec& connection = channel.connection();
  apr_socket_t* socket = ap_get_conn_socket(&connection);
  ap_flush_conn(&connection);
  if (connection.aborted == 0 && apr_socket_shutdown(socket, APR_SHUTDOWN_WRITE) == APR_SUCCESS) {
    (void)apr_socket_timeout_set(socket, kLongestSilence);
    const apr_time_t end = apr_time_now() + kLongestLinger;
    std::array<char, 2048> discarded;
    apr_size_t size = discarded.size();
    while (apr_socket_recv(socket, discarded.data(), &size) == APR_SUCCESS && size != 0 &&
           apr_time_now() < end) {
      size = discarded.size();
    }
  }
  connection.aborted = 1;
}

}  // namespace tlsplus
