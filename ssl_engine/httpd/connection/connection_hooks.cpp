// SPDX-License-Identifier: Apache-2.0
//
// The hooks of a connection's life: where it becomes ours and how it waits. On an MPM that can wait
// for a socket the handshake runs here, step by step, and the worker thread goes back between the
// steps; elsewhere it runs to its end in one call. Either way protocol modules, which run after us,
// see a connection whose protocol is negotiated.
#include "ssl_engine/httpd/connection/connection_hooks.h"

#include <algorithm>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"
#include "ssl_engine/httpd/connection/filters.h"
#include "ssl_engine/httpd/connection/first_request.h"
#include "ssl_engine/httpd/connection/handshake_driver.h"
#include "ssl_engine/httpd/connection/handshake_sweep.h"
#include "ssl_engine/httpd/connection/plain_port.h"
#include "ssl_engine/httpd/connection/short_wait.h"
#include "ssl_engine/httpd/connection/stopping_child.h"

namespace tlsplus {
namespace {

int pre_connection(conn_rec& connection, LogSink& log) {
  if (connection.master != nullptr || connection.outgoing != 0) return DECLINED;
  ServerSlot& slot = slot_of(*connection.base_server);
  if (slot.generation == nullptr) return DECLINED;
  slot.generation->reload.look();
  auto snapshot = slot.generation->engine.snapshot();
  const Host* base = snapshot == nullptr ? nullptr : &snapshot->host(slot.host_index);
  if (base == nullptr || slot.generation->engine.bio_method() == nullptr) {
    log_paced(*connection.base_server, log, diagnose(Tp::not_ready, {}));
    return HTTP_INTERNAL_SERVER_ERROR;
  }
  if (!base->engine) {
    watch_plain_port(connection, *base);
    return DECLINED;
  }
  auto& tls = pool_new<TlsConnection>(connection.pool, connection, *slot.generation,
                                      std::move(snapshot), *base);
  attach(connection, tls);
  insert_filters(tls.channel);
  stay_with_worker_if_stopping(tls.channel);
  return OK;
}

int close_connection(TlsConnection& tls) noexcept {
  conn_rec& connection = tls.connection();
  connection.keepalive = AP_CONN_CLOSE;
  // A client that could not finish a handshake is not waited for.
  apr_table_setn(connection.notes, "short-lingering-close", "1");
#ifdef TLSPLUS_CAN_WAITIO
  if (connection.cs != nullptr) connection.cs->state = CONN_STATE_LINGER;
#endif
  return DONE;
}

#ifdef TLSPLUS_CAN_WAITIO
int wait_in_mpm(TlsConnection& tls, Progress progress) noexcept {
  conn_rec& connection = tls.connection();
  connection.cs->state = CONN_STATE_ASYNC_WAITIO;
  connection.cs->sense =
      progress == Progress::wants_write ? CONN_SENSE_WANT_WRITE : CONN_SENSE_WANT_READ;
  tls.channel.wait.leave_to_mpm(progress == Progress::wants_write);
  park_handshake(tls.channel);
  return OK;
}
#endif

/// The MPM comes back when the answer is there. False: it is, or nobody waits for it any more.
bool wait_for_verdict(TlsConnection& tls) {
  switch (tls.channel.wait.await(tls.core.inquiry())) {
    case HandshakeWait::Await::mpm:
      return true;
    case HandshakeWait::Await::no_place:
      tls.core.end_waiting("too many clients wait for responders");
      break;
    case HandshakeWait::Await::over:
      break;
  }
  return false;
}

/// How long responders may take while the MPM has the connection: it gives it up after Timeout, the
/// main server's before there is a request (event 2.4).
std::chrono::seconds longest_inquiry(const conn_rec& connection, bool mpm_waits) noexcept {
  constexpr apr_time_t kMargin = 3;
  const apr_interval_time_t timeout =
      std::min(connection.base_server->timeout, ap_server_conf->timeout);
  return std::chrono::seconds(mpm_waits ? apr_time_sec(timeout) - kMargin : -1);
}

/// As far as the connection gets before there is something for protocol modules.
Progress go_on(TlsConnection& tls) {
  tls.channel.wait.unpark();
  tls.channel.wait.end_await();
  if (tls.channel.wait.awaits_request()) return end_of_wait(tls.channel);
  const bool mpm_waits = tls.channel.wait.may_use_mpm();
  tls.core.allow_inquiries(longest_inquiry(tls.connection(), mpm_waits));
  Progress progress = Progress::over;
  do {
    progress = drive_handshake(tls.channel, mpm_waits ? APR_NONBLOCK_READ : APR_BLOCK_READ);
  } while (progress == Progress::wants_verdict && !wait_for_verdict(tls));
  if (progress != Progress::done || tls.core.phase() != Phase::established) return progress;
  return await_first_request(tls, mpm_waits);
}

int process_connection(TlsConnection& tls) {
  const Phase phase = tls.core.phase();
  if (phase == Phase::plain_http) return DECLINED;
  const bool is_open = phase == Phase::established && tls.channel.is_open();
  if (is_open && !tls.channel.wait.awaits_request()) return DECLINED;
  switch (const Progress progress = go_on(tls)) {
    case Progress::done:
      return DECLINED;
    case Progress::wants_read:
    case Progress::wants_write:
    case Progress::wants_verdict:
#ifdef TLSPLUS_CAN_WAITIO
      return wait_in_mpm(tls, progress);
#else
      (void)progress;
      return close_connection(tls);
#endif
    case Progress::over:
      return close_connection(tls);
  }
  return close_connection(tls);
}

/// Our state if this very connection (not a stream on it) is ours.
TlsConnection* own_tls(const conn_rec& connection) noexcept {
  return connection.master != nullptr ? nullptr : tls_of(connection);
}

extern "C" {

static int tlsplus_pre_connection(conn_rec* connection, void*) noexcept {
  ConnectionLog log(*connection);
  return at_boundary(log, "pre_connection", int{HTTP_INTERNAL_SERVER_ERROR},
                     [&] { return pre_connection(*connection, log); });
}

static int tlsplus_process_connection(conn_rec* connection) noexcept {
  TlsConnection* tls = own_tls(*connection);
  if (tls == nullptr) return DECLINED;
  return at_boundary(tls->log(), "process_connection", int{DONE},
                     [&] { return process_connection(*tls); });
}

static int tlsplus_pre_close_connection(conn_rec* connection) noexcept {
  TlsConnection* tls = own_tls(*connection);
  if (tls == nullptr) return DECLINED;
  tls->channel.wait.unpark();
  tls->channel.wait.end_await();
  // Elsewhere than on event the worker waits for the client's end in any case.
  if (connection->cs == nullptr) return OK;
  if (tls->channel.wait.stays_with_worker()) {
    linger_with_worker(tls->channel);
  } else {
    await_close_nearby(tls->channel);
  }
  return OK;
}

static int tlsplus_conn_is_ssl(conn_rec* connection) noexcept {
  const OurConnection* ours = our_connection(*connection);
  return ours != nullptr && ours->speaks_tls() ? OK : DECLINED;
}

}  // extern "C"

}  // namespace

void register_connection_hooks() {
  ap_hook_pre_connection(sealed(tlsplus_pre_connection), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_process_connection(sealed(tlsplus_process_connection), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_pre_close_connection(sealed(tlsplus_pre_close_connection), nullptr, nullptr,
                               APR_HOOK_MIDDLE);
  ap_hook_ssl_conn_is_ssl(sealed(tlsplus_conn_is_ssl), nullptr, nullptr, APR_HOOK_MIDDLE);
}

bool mpm_can_wait() noexcept {
#ifdef TLSPLUS_CAN_WAITIO
  int can_wait = 0;
  return ap_mpm_query(AP_MPMQ_CAN_WAITIO, &can_wait) == APR_SUCCESS && can_wait != 0;
#else
  return false;
#endif
}

}  // namespace tlsplus
