// SPDX-License-Identifier: Apache-2.0
//
// Moves a handshake on as far as the socket allows. With an MPM that waits by itself no call
// here blocks; elsewhere the socket's own timeout is cut down to what is left of the deadline,
// so that no client can stretch a handshake by sending a byte now and then.
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/filters.h"
#include "ssl_engine/httpd/nearby.h"
#include "ssl_engine/httpd/transport.h"

namespace tlsplus {
namespace {

/// The socket's timeout is at most what is left of the deadline while this lives.
class DeadlineOnSocket {
 public:
  DeadlineOnSocket(TlsConnection& tls, bool wanted) noexcept {
    if (!wanted) return;
    socket_ = ap_get_conn_socket(&tls.connection());
    (void)apr_socket_timeout_get(socket_, &saved_);
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(tls.deadline - tls.clock().steady());
    const auto bound = std::max<apr_interval_time_t>(left.count(), 1);
    if (saved_ < 0 || bound < saved_) (void)apr_socket_timeout_set(socket_, bound);
  }
  DeadlineOnSocket(const DeadlineOnSocket&) = delete;
  DeadlineOnSocket& operator=(const DeadlineOnSocket&) = delete;
  ~DeadlineOnSocket() {
    if (socket_ != nullptr) (void)apr_socket_timeout_set(socket_, saved_);
  }

 private:
  apr_socket_t* socket_ = nullptr;
  apr_interval_time_t saved_ = 0;
};

bool is_past_deadline(TlsConnection& tls) noexcept {
  return tls.clock().steady() >= tls.deadline;
}

Progress give_up(TlsConnection& tls) noexcept {
  switch (tls.given_up()) {
    case ParkedHandshake::GivenUp::room:
      tls.log_failure(Tp::handshake_let_go, {});
      break;
    case ParkedHandshake::GivenUp::deadline:
      tls.log_failure(Tp::handshake_deadline, {});
      break;
    case ParkedHandshake::GivenUp::no:
      if (is_past_deadline(tls)) {
        tls.log_failure(Tp::handshake_deadline, {});
      } else {
        tls.log_failure();
      }
      break;
  }
  return Progress::over;
}

Progress refuse(TlsConnection& tls, apr_read_type_e block) {
  tls.log_failure();
  // The alert; whether the peer still takes it is its own affair.
  (void)(block == APR_BLOCK_READ ? flush_below(tls) : push_below(tls));
  return Progress::over;
}

Progress after_transport_error(TlsConnection& tls, apr_status_t status) {
  if (APR_STATUS_IS_EOF(status)) return give_up(tls);
  if (APR_STATUS_IS_TIMEUP(status)) {
    tls.log_failure(Tp::handshake_deadline, {});
  } else {
    tls.log_failure(Tp::handshake_cut_off, "the transport failed");
    tls.connection().aborted = 1;
  }
  return Progress::over;
}

/// Sends what must leave now. done: all left.
Progress send_flight(TlsConnection& tls, apr_read_type_e block) {
  if (tls.tls.out().empty() && tls.connection().data_in_output_filters == 0) return Progress::done;
  if (!tls.tls.must_flush_now()) return Progress::done;
  const apr_status_t status = block == APR_BLOCK_READ ? flush_below(tls) : push_below(tls);
  if (status == APR_SUCCESS) return Progress::done;
  if (APR_STATUS_IS_EAGAIN(status)) return Progress::wants_write;
  tls.connection().aborted = 1;
  return after_transport_error(tls, status);
}

}  // namespace

Progress drive_handshake(TlsConnection& tls, apr_read_type_e block) {
  const DeadlineOnSocket bounded(tls, block == APR_BLOCK_READ);
  for (;;) {
    const bool needs_input = tls.tls.advance();
    if (tls.tls.phase() == Phase::failed) return refuse(tls, block);
    if (tls.tls.phase() == Phase::plain_http) {
      tls.log_failure(Tp::plain_http_on_tls, {});
      return Progress::done;
    }
    if (const Progress sent = send_flight(tls, block); sent != Progress::done) return sent;
    if (!needs_input) {
      tls.make_view();
      return Progress::done;
    }
    if (tls.given_up() != ParkedHandshake::GivenUp::no || is_past_deadline(tls)) {
      return give_up(tls);
    }
    if (block == APR_NONBLOCK_READ && tls.tls.phase() == Phase::handshake) await_answer_nearby(tls);
    const apr_status_t fed = feed_from_below(tls, block);
    if (APR_STATUS_IS_EAGAIN(fed)) return Progress::wants_read;
    if (fed != APR_SUCCESS && !(APR_STATUS_IS_EOF(fed) && tls.tls.phase() == Phase::handshake)) {
      return after_transport_error(tls, fed);
    }
  }
}

namespace {

// Requests that a client sent before it was asked; more than that is no pipeline.
constexpr std::size_t kMostPipelined = 64UL * 1024;

Progress abandon(TlsConnection& tls, Tp id, std::string evidence) {
  tls.log_failure(id, std::move(evidence));
  tls.connection().aborted = 1;
  return Progress::over;
}

}  // namespace

Progress drive_reauthentication(TlsConnection& tls) {
  tls.deadline = tls.clock().steady() + tls.engine().handshake_timeout;
  const DeadlineOnSocket bounded(tls, true);
  for (;;) {
    const bool failed = tls.tls.phase() == Phase::failed;
    if (failed) tls.log_failure();
    const apr_status_t sent = flush_below(tls);
    if (failed) {
      tls.connection().aborted = 1;
      return Progress::over;
    }
    if (sent != APR_SUCCESS) return abandon(tls, Tp::ask_again_cut_off, "it takes nothing more");
    if (tls.tls.has_answered()) return Progress::done;
    if (is_past_deadline(tls)) return abandon(tls, Tp::ask_again_deadline, {});
    switch (tls.inbound.fill()) {
      case StreamStatus::done:
        if (tls.inbound.peek(kMostPipelined).size() == kMostPipelined) {
          return abandon(tls, Tp::ask_again_cut_off, "it goes on sending requests instead");
        }
        break;
      case StreamStatus::closed:
      case StreamStatus::cut_off:
        return abandon(tls, Tp::ask_again_cut_off, "it closed the connection");
      case StreamStatus::failed:
        break;
      case StreamStatus::want_read: {
        // What was answered to the bytes at hand leaves before the next are waited for.
        if (tls.tls.has_answered() || !tls.tls.out().empty()) break;
        const apr_status_t fed = feed_from_below(tls, APR_BLOCK_READ);
        if (APR_STATUS_IS_TIMEUP(fed)) return abandon(tls, Tp::ask_again_deadline, {});
        if (fed != APR_SUCCESS && !APR_STATUS_IS_EOF(fed)) {
          return abandon(tls, Tp::ask_again_cut_off, "the transport failed");
        }
      }
    }
  }
}

}  // namespace tlsplus
