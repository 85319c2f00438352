// SPDX-License-Identifier: Apache-2.0
//
// TlsChannel: what is told of a connection that failed, once and at a bearable pace.
#include "ssl_engine/httpd/connection/tls_channel.h"

#include <utility>

#include "ssl_engine/base/boundary.h"

namespace tlsplus {

TlsChannel::TlsChannel(conn_rec& connection, Engine& engine, LogSink& log, TlsEnd& end,
                       Owner& owner, std::chrono::milliseconds handshake_time) noexcept
    : connection_(connection),
      engine_(engine),
      log_(log),
      end_(end),
      owner_(owner),
      transport(connection, end, engine.clock()),
      inbound(end),
      outbound(end),
      wait(connection, engine, transport, handshake_time) {}

void TlsChannel::open() {
  is_open_ = true;
  owner_.on_established();
}

void TlsChannel::release_buffers() noexcept {
  end_.release_buffers();
  inbound.release_buffers();
  outbound.release_buffers();
}

void TlsChannel::log_failure() noexcept {
  if (std::exchange(is_failure_told_, true)) return;
  at_boundary(log_, "log_failure", [&] { log_paced(log_, end_.failure(), owner_.host_name()); });
}

void TlsChannel::log_failure(Tp id, std::string evidence) noexcept {
  if (std::exchange(is_failure_told_, true)) return;
  at_boundary(log_, "log_failure",
              [&] { log_paced(log_, diagnose(id, std::move(evidence)), owner_.host_name()); });
}

void TlsChannel::log_failure(Owner::Ending ending, std::string evidence) noexcept {
  if (std::exchange(is_failure_told_, true)) return;
  at_boundary(log_, "log_failure", [&] {
    log_paced(log_, owner_.error_of(ending, std::move(evidence)), owner_.host_name());
  });
}

void TlsChannel::log_paced(LogSink& sink, const Error& error, std::string_view host_name) noexcept {
  engine_.messages.log(sink, error, host_name, clock().steady());
}

}  // namespace tlsplus
