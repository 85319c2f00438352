// SPDX-License-Identifier: Apache-2.0
//
// The handshake's driver: moves a handshake on as far as the socket allows. No call to the filters
// below blocks: where a thread waits, it waits here, each time for what is left of the deadline, so
// that no client can stretch a handshake by sending or taking a byte now and then.
#include "ssl_engine/httpd/connection/handshake_driver.h"

#include <poll.h>

#include <string>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/status_text.h"
#include "ssl_engine/httpd/connection/short_wait.h"

namespace tlsplus {
namespace {

using Ending = TlsChannel::Owner::Ending;

Progress end(TlsChannel& channel) noexcept {
  channel.owner().on_refused();
  return Progress::over;
}

/// Nothing is said to a peer that had its time, and nothing more is heard from it.
Progress give_up(TlsChannel& channel, Ending ending, std::string evidence = {}) noexcept {
  channel.log_failure(ending, std::move(evidence));
  channel.abort();
  return end(channel);
}

bool has_had_its_time(const TlsChannel& channel) noexcept {
  return channel.wait.given_up() != ParkedHandshake::GivenUp::no || channel.wait.is_over();
}

Progress give_up(TlsChannel& channel) noexcept {
  switch (channel.wait.given_up()) {
    case ParkedHandshake::GivenUp::room:
      return give_up(channel, Ending::let_go);
    case ParkedHandshake::GivenUp::deadline:
      return give_up(channel, Ending::deadline);
    case ParkedHandshake::GivenUp::no:
      break;
  }
  if (channel.wait.is_over()) return give_up(channel, Ending::deadline);
  channel.log_failure();
  return end(channel);
}

Progress refuse(TlsChannel& channel) {
  channel.log_failure();
  // The alert; whether the peer still takes it is its own affair.
  (void)channel.transport.push();
  return end(channel);
}

/// How the transport ended, in the words of whoever looks for the other side's part in it.
std::string words_for(apr_status_t status) {
  if (APR_STATUS_IS_ECONNRESET(status)) return "the other side reset the connection";
  if (APR_STATUS_IS_EPIPE(status)) return "the other side closed the connection";
  return text("the transport failed: ", status_text(status));
}

Progress after_transport_error(TlsChannel& channel, apr_status_t status) {
  // To wake a connection that is given up its socket is shut down.
  const bool is_given_up = channel.wait.given_up() != ParkedHandshake::GivenUp::no;
  if (APR_STATUS_IS_EOF(status) || is_given_up) return give_up(channel);
  if (APR_STATUS_IS_TIMEUP(status)) return give_up(channel, Ending::deadline);
  return give_up(channel, Ending::cut_off, words_for(status));
}

/// Sends what must leave now. done: all left.
Progress send_flight(TlsChannel& channel) {
  const bool is_unsent =
      !channel.end().out().empty() || channel.connection().data_in_output_filters != 0;
  if (!is_unsent || !channel.end().must_flush_now()) return Progress::done;
  const apr_status_t status = channel.transport.push();
  if (status == APR_SUCCESS) return Progress::done;
  if (APR_STATUS_IS_EAGAIN(status)) return Progress::wants_write;
  return after_transport_error(channel, status);
}

/// As far as it goes without waiting; a client nearby is waited for if `may_linger`.
Progress go_on(TlsChannel& channel, bool may_linger) {
  TlsEnd& end = channel.end();
  if (channel.wait.given_up() == ParkedHandshake::GivenUp::deadline) {
    end.end_waiting("no answer in time");
  }
  for (;;) {
    const bool needs_input = end.advance();
    if (end.phase() == Phase::failed) return refuse(channel);
    if (end.awaits_verdict()) {
      return has_had_its_time(channel) ? give_up(channel) : Progress::wants_verdict;
    }
    if (end.phase() == Phase::plain_http) {
      channel.owner().on_plain_http();
      return Progress::done;
    }
    const Progress sent = send_flight(channel);
    if (sent == Progress::wants_write && has_had_its_time(channel)) return give_up(channel);
    if (sent != Progress::done) return sent;
    if (!needs_input) {
      channel.open();
      return Progress::done;
    }
    if (has_had_its_time(channel)) return give_up(channel);
    if (may_linger && end.phase() == Phase::handshake) await_answer_nearby(channel);
    const apr_status_t fed = channel.transport.feed(APR_NONBLOCK_READ);
    if (APR_STATUS_IS_EAGAIN(fed)) return Progress::wants_read;
    if (fed != APR_SUCCESS && !(APR_STATUS_IS_EOF(fed) && end.phase() == Phase::handshake)) {
      return after_transport_error(channel, fed);
    }
  }
}

}  // namespace

Progress drive_handshake(TlsChannel& channel, apr_read_type_e block) {
  for (;;) {
    const Progress progress = go_on(channel, block == APR_NONBLOCK_READ);
    if (progress == Progress::done || progress == Progress::over || block == APR_NONBLOCK_READ) {
      return progress;
    }
    if (progress == Progress::wants_verdict) {
      channel.end().wait_for_verdict();
      continue;
    }
    const short what = progress == Progress::wants_write ? POLLOUT : POLLIN;
    if (const apr_status_t ready = channel.transport.wait_for_socket(what, channel.wait.deadline());
        ready != APR_SUCCESS) {
      return after_transport_error(channel, ready);
    }
  }
}

}  // namespace tlsplus
