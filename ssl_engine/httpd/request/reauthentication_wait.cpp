// SPDX-License-Identifier: Apache-2.0
//
// await_answer(): records in and out until a client that was asked again has answered. A client
// that gives none can mostly be told so: only in the middle of a handshake nothing else can be
// sent.
#include "ssl_engine/httpd/request/reauthentication_wait.h"

#include <optional>
#include <string>
#include <utility>

namespace tlsplus {
namespace {

// Requests that a client sent before it was asked; more than that is no pipeline.
constexpr std::size_t kMostPipelined = 64UL * 1024;

Asked abandon(TlsConnection& tls) noexcept {
  tls.channel.log_failure();
  tls.channel.abort();
  return Asked::over;
}

Asked abandon(TlsConnection& tls, Tp id, std::string evidence) {
  tls.channel.log_failure(id, std::move(evidence));
  tls.channel.abort();
  return Asked::over;
}

Asked no_answer(TlsConnection& tls, Tp id, std::string evidence) {
  if (!tls.core.reauthentication().is_at_rest()) return abandon(tls, id, std::move(evidence));
  tls.channel.log_failure(id, std::move(evidence));
  return Asked::silent;
}

/// As often as the clients like: told now and then, and by whoever knows the place.
Asked make_room(TlsConnection& tls) noexcept {
  tls.channel.leave_failure_untold();
  if (tls.core.reauthentication().is_at_rest()) return Asked::silent;
  tls.channel.abort();
  return Asked::over;
}

/// What the records at hand come to; nullopt: they say nothing yet.
std::optional<Asked> look_at_records(TlsConnection& tls, Instant deadline) {
  switch (tls.channel.inbound.fill()) {
    case StreamStatus::done:
      if (tls.channel.inbound.peek(kMostPipelined).size() < kMostPipelined) break;
      return abandon(tls, Tp::ask_again_cut_off, "it goes on sending requests instead");
    case StreamStatus::closed:
    case StreamStatus::cut_off:
      return no_answer(tls, Tp::ask_again_cut_off, "it closed the connection");
    case StreamStatus::failed:
      break;
    case StreamStatus::want_read: {
      // What was answered to the bytes at hand leaves before the next are waited for.
      if (tls.core.reauthentication().is_answered() || !tls.core.out().empty()) break;
      const apr_status_t fed = tls.channel.transport.feed(deadline);
      if (APR_STATUS_IS_TIMEUP(fed)) return no_answer(tls, Tp::ask_again_deadline, {});
      if (fed == APR_SUCCESS || APR_STATUS_IS_EOF(fed)) break;
      return abandon(tls, Tp::ask_again_cut_off, "the transport failed");
    }
  }
  return std::nullopt;
}

}  // namespace

Asked await_answer(TlsConnection& tls, const WaitSlots::Place& place, Instant deadline) {
  for (;;) {
    const apr_status_t sent = tls.channel.transport.flush(deadline);
    if (tls.core.phase() == Phase::failed) return abandon(tls);
    if (sent != APR_SUCCESS) return abandon(tls, Tp::ask_again_cut_off, "it takes nothing more");
    if (tls.core.reauthentication().is_answered()) return Asked::answered;
    if (place.was_let_go()) return make_room(tls);
    if (tls.clock().steady() >= deadline) return no_answer(tls, Tp::ask_again_deadline, {});
    if (const auto come_of_it = look_at_records(tls, deadline)) return *come_of_it;
  }
}

}  // namespace tlsplus
