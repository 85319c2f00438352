// SPDX-License-Identifier: Apache-2.0
//
// The short waits: poll() for a millisecond or so. Two changes of thread cost more than this wait;
// but a wait in vain costs one more, and holds a worker meanwhile. So it is for those whose answer
// is on its way, and short.
#include "ssl_engine/httpd/connection/short_wait.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/round_trip.h"

namespace tlsplus {
namespace {

constexpr std::chrono::milliseconds kNearby{1};  // round trip

#ifdef POLLRDHUP
constexpr short kEndOfPeer = POLLRDHUP;
#else
constexpr short kEndOfPeer = POLLIN;
#endif

bool is_nearby(TlsChannel& channel) noexcept {
  const auto round_trip = shortest_round_trip(channel.transport.descriptor());
  return round_trip.has_value() && *round_trip < kNearby;
}

void await_if_nearby(TlsChannel& channel, short what) noexcept {
  if (!is_nearby(channel)) return;
  (void)channel.transport.wait_for_socket(what, limits::kPatienceMilliseconds);
}

}  // namespace

void await_answer_nearby(TlsChannel& channel) noexcept {
  if (channel.wait.take_moment()) await_if_nearby(channel, POLLIN);
}

void await_request_nearby(TlsChannel& channel, bool follows_at_once) noexcept {
  if (!follows_at_once && !is_nearby(channel)) return;
  (void)channel.transport.wait_for_socket(POLLIN, limits::kPatienceMilliseconds);
}

void acknowledge_now(TlsChannel& channel) noexcept {
#ifdef TCP_QUICKACK
  const int on = 1;
  (void)setsockopt(channel.transport.descriptor(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
#else
  (void)channel;
#endif
}

void await_close_nearby(TlsChannel& channel) noexcept {
  const conn_rec& connection = channel.connection();
  if (connection.aborted != 0 || connection.data_in_output_filters != 0 ||
      !channel.end().close_notify_sent() || !channel.end().out().empty()) {
    return;
  }
  await_if_nearby(channel, kEndOfPeer);
}

}  // namespace tlsplus
