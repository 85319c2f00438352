// SPDX-License-Identifier: Apache-2.0
//
// The wait for the first request, and the search for it. What is at hand is looked for everywhere
// it can be: as plaintext, as a record of which OpenSSL has a part, in the buckets read from below,
// and in the filters and the socket down there. A record that is at hand is opened here, so that
// one that brings no request (a client's key update) wakes no protocol module.
#include "ssl_engine/httpd/connection/first_request.h"

#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/connection/short_wait.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/session_info.h"

namespace tlsplus {
namespace {

/// done: there is something to read, be it the end. wants_read: nothing yet. over: failed.
Progress look_for_request(TlsChannel& channel) {
  for (;;) {
    if (!channel.inbound.empty()) return Progress::done;
    switch (channel.inbound.fill()) {
      case StreamStatus::done:
        channel.transport.let_go_of_used_records();
        break;
      case StreamStatus::closed:
      case StreamStatus::cut_off:
        return Progress::done;
      case StreamStatus::failed:
        channel.log_failure();
        (void)channel.transport.push();  // the alert
        return Progress::over;
      case StreamStatus::want_read: {
        const apr_status_t fed = channel.transport.feed(APR_NONBLOCK_READ);
        if (APR_STATUS_IS_EAGAIN(fed)) return Progress::wants_read;
        // Whoever reads next meets any other error, too.
        if (fed != APR_SUCCESS && !APR_STATUS_IS_EOF(fed)) return Progress::done;
      }
    }
  }
}

/// httpd's own protocols. Others (`Listen 990 ftps`) may begin with a greeting of the server's, for
/// which the client waits as well.
bool speaks_after_client(const conn_rec& connection) {
  const char* listens = ap_get_server_protocol(connection.base_server);
  const std::string_view on_port = listens == nullptr ? "http" : listens;
  const std::string_view chosen = ap_get_protocol(const_cast<conn_rec*>(&connection));
  return (on_port == "http" || on_port == "https") &&
         (chosen == AP_PROTOCOL_HTTP1 || chosen == "h2");
}

/// True if the client's Finished was the last message of the handshake, so that its request is
/// right behind it, however far away it is.
bool request_may_follow_at_once(TlsConnection& tls) {
  SSL& ssl = *tls.core.ssl();
  return is_tls13(ssl) || is_resumed(ssl);
}

}  // namespace

Progress await_first_request(TlsConnection& tls, bool mpm_waits) {
  TlsChannel& channel = tls.channel;
  Progress found = look_for_request(channel);
  if (found != Progress::wants_read) return found;
  // A client with Nagle's algorithm keeps its request back until its Finished is acknowledged.
  acknowledge_now(channel);
  await_request_nearby(channel, request_may_follow_at_once(tls));
  found = look_for_request(channel);
  if (found != Progress::wants_read) return found;
  // Tickets leave with the first response; one that is not in sight is not waited for.
  if (!channel.end().out().empty()) (void)channel.transport.push();
  if (!mpm_waits || !speaks_after_client(channel.connection())) return Progress::done;
  channel.wait.begin_silence(slot_of(*channel.connection().base_server).silence_timeout);
  channel.end().release_buffers();
  return Progress::wants_read;
}

Progress end_of_wait(TlsChannel& channel) noexcept {
  channel.wait.end_silence();
  switch (channel.wait.given_up()) {
    case ParkedHandshake::GivenUp::no:
      return Progress::done;
    case ParkedHandshake::GivenUp::deadline:
      channel.log_failure(Tp::silent_deadline, {});
      break;
    case ParkedHandshake::GivenUp::room:
      channel.log_failure(Tp::silent_let_go, {});
      break;
  }
  channel.end().send_close_notify();
  (void)channel.transport.push();
  channel.abort();
  return Progress::over;
}

}  // namespace tlsplus
