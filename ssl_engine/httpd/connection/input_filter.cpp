// SPDX-License-Identifier: Apache-2.0
//
// The input filter: plaintext upwards. Buckets are transient views of the inbound buffer: whoever
// keeps one beyond the call sets it aside, as with every filter that reads from a network.
#include "ssl_engine/httpd/connection/input_filter.h"

#include <limits>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/connection/handshake_driver.h"
#include "ssl_engine/httpd/connection/tls_channel.h"

namespace tlsplus {
namespace {

struct Wanted {
  ap_input_mode_t mode;
  apr_read_type_e block;
  std::size_t limit;
};

TlsChannel::Use use_of(const Wanted& wanted) noexcept {
  return wanted.block == APR_NONBLOCK_READ ? TlsChannel::Use::look : TlsChannel::Use::read;
}

void append_view(TlsChannel& channel, apr_bucket_brigade* brigade, ByteView bytes) {
  APR_BRIGADE_INSERT_TAIL(
      brigade, apr_bucket_transient_create(reinterpret_cast<const char*>(bytes.data()),
                                           bytes.size(), channel.connection().bucket_alloc));
}

/// True if what waits in the inbound buffer answers the caller.
bool serve(TlsChannel& channel, apr_bucket_brigade* brigade, const Wanted& wanted) {
  if (channel.inbound.empty()) return false;
  if (wanted.mode == AP_MODE_GETLINE) {
    bool whole = false;
    const ByteView line = channel.inbound.line(wanted.limit, whole);
    append_view(channel, brigade, line);
    channel.inbound.take(line.size());
    return true;
  }
  const ByteView front = channel.inbound.peek(wanted.limit);
  append_view(channel, brigade, front);
  if (wanted.mode == AP_MODE_READBYTES) channel.inbound.take(front.size());
  return true;
}

/// The end of the stream, as the callers of a connection filter expect it.
apr_status_t end_of_stream(TlsChannel& channel, apr_bucket_brigade* brigade) {
  APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(channel.connection().bucket_alloc));
  return APR_EOF;
}

/// Nothing has come after an answer. At a client's end this is asked for before the next request,
/// which needs what would be given back; there the pool's taking it back is the time.
void rest(TlsChannel& channel) noexcept {
  if (!channel.end().speaks_first()) channel.release_buffers();
}

apr_status_t fail(TlsChannel& channel) {
  channel.log_failure();
  (void)channel.transport.flush();  // the alert
  channel.abort();
  return APR_ECONNABORTED;
}

/// An answer that OpenSSL made while it read (a refused renegotiation, a key update) must not wait
/// for a response; the tickets of TLS 1.3 may.
apr_status_t send_answers(TlsChannel& channel) {
  return channel.transport.has_urgent_records() ? channel.transport.flush() : APR_SUCCESS;
}

apr_status_t wait_for_records(TlsChannel& channel, const Wanted& wanted) {
  if (const apr_status_t sent = send_answers(channel); sent != APR_SUCCESS) return sent;
  const bool only_looking = wanted.block == APR_NONBLOCK_READ && wanted.mode == AP_MODE_SPECULATIVE;
  if (only_looking && channel.transport.is_drained() && !channel.end().speaks_first()) {
    // httpd asks this after each response, to know whether another request is here already.
    // The socket was empty when this one was read, and the MPM looks at it next. Nobody else looks
    // at that of a backend: whether it has left in the meantime is what mod_proxy wants to know.
    rest(channel);
    return APR_EAGAIN;
  }
  const apr_status_t fed = channel.transport.feed(wanted.block);
  if (only_looking && APR_STATUS_IS_EAGAIN(fed)) {
    // What a backend has begun to say while nobody has asked it for anything would be taken for the
    // beginning of the next answer.
    if (channel.end().speaks_first() && channel.end().is_in_record()) return APR_ECONNABORTED;
    rest(channel);
  }
  return APR_STATUS_IS_EOF(fed) ? APR_SUCCESS : fed;  // the connection knows its end
}

apr_status_t read_plaintext(TlsChannel& channel, apr_bucket_brigade* brigade,
                            const Wanted& wanted) {
  for (;;) {
    if (serve(channel, brigade, wanted)) return APR_SUCCESS;
    switch (channel.inbound.fill()) {
      case StreamStatus::done:
        channel.transport.let_go_of_used_records();
        break;
      case StreamStatus::want_read:
        if (const apr_status_t status = wait_for_records(channel, wanted); status != APR_SUCCESS) {
          return status;
        }
        break;
      case StreamStatus::cut_off:
        // Who only looks has asked for nothing.
        if (wanted.mode != AP_MODE_SPECULATIVE) {
          channel.owner().on_cut_off(wanted.mode == AP_MODE_GETLINE);
        }
        [[fallthrough]];
      case StreamStatus::closed:
        return end_of_stream(channel, brigade);
      case StreamStatus::failed:
        return fail(channel);
    }
  }
}

/// The lines of what stands for a request in plain HTTP, and nothing behind them. One a call, so
/// that it is seen as httpd sees any other.
apr_status_t read_plain_http(TlsChannel& channel, apr_bucket_brigade* brigade,
                             const Wanted& wanted) {
  const bool is_served = wanted.mode == AP_MODE_GETLINE && serve(channel, brigade, wanted);
  return is_served ? APR_SUCCESS : end_of_stream(channel, brigade);
}

apr_status_t read(TlsChannel& channel, apr_bucket_brigade* brigade, const Wanted& wanted) {
  if (channel.is_aborted()) {
    (void)end_of_stream(channel, brigade);
    return APR_ECONNABORTED;
  }
  if (!channel.owner().allows(use_of(wanted))) return end_of_stream(channel, brigade);
  if (channel.is_in_handshake()) {
    switch (drive_handshake(channel, wanted.block)) {
      case Progress::done:
        break;
      case Progress::wants_read:
      case Progress::wants_write:
      case Progress::wants_verdict:
        return APR_EAGAIN;
      case Progress::over:
        channel.abort();
        return APR_ECONNABORTED;
    }
  }
  if (wanted.mode == AP_MODE_INIT) return APR_SUCCESS;
  switch (channel.end().phase()) {
    case Phase::established:
      return read_plaintext(channel, brigade, wanted);
    case Phase::plain_http:
      return read_plain_http(channel, brigade, wanted);
    default:
      return end_of_stream(channel, brigade);
  }
}

std::size_t limit_of(ap_input_mode_t mode, apr_off_t bytes) noexcept {
  if (mode == AP_MODE_GETLINE) return HUGE_STRING_LEN;
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

extern "C" apr_status_t tlsplus_input_filter(ap_filter_t* filter, apr_bucket_brigade* brigade,
                                             ap_input_mode_t mode, apr_read_type_e block,
                                             apr_off_t bytes) noexcept {
  auto& channel = *static_cast<TlsChannel*>(filter->ctx);
  if (mode != AP_MODE_READBYTES && mode != AP_MODE_GETLINE && mode != AP_MODE_SPECULATIVE &&
      mode != AP_MODE_INIT) {
    return APR_ENOTIMPL;
  }
  return at_boundary(channel.log(), "input filter", apr_status_t{APR_EGENERAL}, [&] {
    return read(channel, brigade, {mode, block, limit_of(mode, bytes)});
  });
}

}  // namespace tlsplus
