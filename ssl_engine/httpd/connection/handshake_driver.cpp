// SPDX-License-Identifier: Apache-2.0
//
// Moves a handshake on as far as the socket allows. No call to the filters below blocks: where a
// thread waits, it waits here, each time for what is left of the deadline, so that no client can
// stretch a handshake by sending or taking a byte now and then.
#include "ssl_engine/httpd/connection/handshake_driver.h"

#include <poll.h>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/connection/short_wait.h"

namespace tlsplus {
namespace {

bool is_past_deadline(TlsConnection& tls) noexcept {
  return tls.clock().steady() >= tls.deadline;
}

/// Nothing is said to a client that had its time, and nothing more is heard from it.
Progress give_up(TlsConnection& tls, Tp id) noexcept {
  tls.log_failure(id, {});
  tls.connection().aborted = 1;
  return Progress::over;
}

Progress give_up(TlsConnection& tls) noexcept {
  switch (tls.given_up()) {
    case ParkedHandshake::GivenUp::room:
      return give_up(tls, Tp::handshake_let_go);
    case ParkedHandshake::GivenUp::deadline:
      return give_up(tls, Tp::handshake_deadline);
    case ParkedHandshake::GivenUp::no:
      break;
  }
  if (is_past_deadline(tls)) return give_up(tls, Tp::handshake_deadline);
  tls.log_failure();
  return Progress::over;
}

Progress refuse(TlsConnection& tls) {
  tls.log_failure();
  // The alert; whether the peer still takes it is its own affair.
  (void)tls.transport.push();
  return Progress::over;
}

Progress after_transport_error(TlsConnection& tls, apr_status_t status) {
  if (APR_STATUS_IS_EOF(status)) return give_up(tls);
  if (APR_STATUS_IS_TIMEUP(status)) return give_up(tls, Tp::handshake_deadline);
  tls.log_failure(Tp::handshake_cut_off, "the transport failed");
  tls.connection().aborted = 1;
  return Progress::over;
}

/// Sends what must leave now. done: all left.
Progress send_flight(TlsConnection& tls) {
  if (tls.core.out().empty() && tls.connection().data_in_output_filters == 0) return Progress::done;
  if (!tls.core.must_flush_now()) return Progress::done;
  const apr_status_t status = tls.transport.push();
  if (status == APR_SUCCESS) return Progress::done;
  if (APR_STATUS_IS_EAGAIN(status)) return Progress::wants_write;
  return after_transport_error(tls, status);
}

/// As far as it goes without waiting; a client nearby is waited for if `may_linger`.
Progress go_on(TlsConnection& tls, bool may_linger) {
  for (;;) {
    const bool needs_input = tls.core.advance();
    if (tls.core.phase() == Phase::failed) return refuse(tls);
    if (tls.core.phase() == Phase::plain_http) {
      tls.become_plain_http();
      return Progress::done;
    }
    if (const Progress sent = send_flight(tls); sent != Progress::done) return sent;
    if (!needs_input) {
      tls.make_view();
      return Progress::done;
    }
    if (tls.given_up() != ParkedHandshake::GivenUp::no || is_past_deadline(tls)) {
      return give_up(tls);
    }
    if (may_linger && tls.core.phase() == Phase::handshake) await_answer_nearby(tls);
    const apr_status_t fed = tls.transport.feed(APR_NONBLOCK_READ);
    if (APR_STATUS_IS_EAGAIN(fed)) return Progress::wants_read;
    if (fed != APR_SUCCESS && !(APR_STATUS_IS_EOF(fed) && tls.core.phase() == Phase::handshake)) {
      return after_transport_error(tls, fed);
    }
  }
}

}  // namespace

Progress drive_handshake(TlsConnection& tls, apr_read_type_e block) {
  for (;;) {
    const Progress progress = go_on(tls, block == APR_NONBLOCK_READ);
    const bool waits = progress == Progress::wants_read || progress == Progress::wants_write;
    if (!waits || block == APR_NONBLOCK_READ) return progress;
    const short what = progress == Progress::wants_write ? POLLOUT : POLLIN;
    if (const apr_status_t ready = tls.transport.wait_for_socket(what, tls.deadline);
        ready != APR_SUCCESS) {
      return after_transport_error(tls, ready);
    }
  }
}

}  // namespace tlsplus
