// SPDX-License-Identifier: Apache-2.0
//
// Doorbell: a pair of sockets and not an event's counter, because an MPM that gives a connection up
// treats what it polls as a socket, and because the end that rings stays ours when it closes that.
#include "ssl_engine/httpd/connection/doorbell.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace tlsplus {

bool Doorbell::put_up(apr_socket_t& socket, Places& places, std::uint16_t client) noexcept {
  if (!places.take(client)) return false;
  std::array<int, 2> ends{-1, -1};
  if (apr_os_sock_get(&client_, &socket) != APR_SUCCESS ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    places.leave(client);
    return false;
  }
  places_ = &places;
  place_of_ = client;
  socket_ = &socket;
  ours_ = Descriptor(ends[0]);
  polled_ = ends[1];
  (void)apr_os_sock_put(&socket_, &polled_, nullptr);
  return true;
}

void Doorbell::take_down() noexcept {
  if (!is_up()) return;
  apr_os_sock_t now = -1;
  (void)apr_os_sock_get(&now, socket_);
  if (now == polled_) {
    (void)apr_os_sock_put(&socket_, &client_, nullptr);
    (void)close(polled_);
  } else {  // closed by the MPM, which believes that it has closed the client's
    (void)close(client_);
  }
  socket_ = nullptr;
  ours_.reset();
  places_->leave(place_of_);
}

void Doorbell::ring() noexcept {
  static constexpr char kOne = 1;
  (void)send(ours_.get(), &kOne, sizeof(kOne), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace tlsplus
