// SPDX-License-Identifier: Apache-2.0
//
// Doorbell: what the MPM polls in the place of a client's socket, while the connection waits for
// something that is not the client. httpd 2.4 has no way to wake a connection that waits in the MPM
// but its socket, and to wake it by that, by shutting it down, is the end of it. So for that time
// the apr_socket_t, which the MPM looks into when it begins and ends to poll, has one end of a pair
// of our own (apr_os_sock_put()); whoever has the other end can wake the connection.
#pragma once

#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/places.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Belongs to the connection's thread, but for ring().
class Doorbell {
 public:
  Doorbell() = default;
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;
  ~Doorbell() { take_down(); }

  /// From now on the MPM polls this; nobody reads or writes `socket` meanwhile. False: there is no
  /// place for one more, or no descriptor. `places` must outlive it.
  [[nodiscard]] bool put_up(apr_socket_t& socket, Places& places, std::uint16_t client) noexcept;
  /// The socket is the client's again, even if the MPM has closed what it had.
  void take_down() noexcept;
  [[nodiscard]] bool is_up() const noexcept { return socket_ != nullptr; }
  /// Any thread, while it is up: the MPM comes back to the connection.
  void ring() noexcept;

 private:
  apr_socket_t* socket_ = nullptr;
  Places* places_ = nullptr;
  std::uint16_t place_of_ = 0;  // the client in there
  apr_os_sock_t client_ = -1;
  apr_os_sock_t polled_ = -1;
  Descriptor ours_;
};

}  // namespace tlsplus
