// SPDX-License-Identifier: Apache-2.0
//
// register_proxy_hooks(): what binding means at each of its times. mod_proxy binds a connection to
// the settings of a request when it is made, again when it is taken from the pool for another one,
// and in between, when it goes back, to those of its worker.
#include "ssl_engine/httpd/proxy/proxy_hooks.h"

#include <algorithm>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"
#include "ssl_engine/httpd/proxy/outgoing_connection.h"
#include "ssl_engine/httpd/proxy/proxied_request.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

/// True where mod_proxy gives a connection back to the pool: the settings that it names then are
/// the worker's, and no request's.
bool is_given_back(const OutgoingConnection& outgoing, const ap_conf_vector_t* settings) noexcept {
  if (!outgoing.is_begun()) return false;
  const request_rec* request = proxied_request();
  return request == nullptr || request->per_dir_config != settings;
}

void refuse(const conn_rec& connection, LogSink& log) {
  const char* const host = connection.base_server->server_hostname;
  std::string to = address_of_peer(connection);
  // mod_proxy_hcheck asks for nobody's sake.
  const bool is_health_check = proxied_request() == nullptr;
  log_error(log,
            is_health_check
                ? diagnose(Tp::proxy_engine_off, text(to, ", for a health check"), {},
                           connection.base_server->is_virtual != 0
                               ? "write SSLProxyEngine on into the <VirtualHost> that the balancer "
                                 "stands in"
                               : "write SSLProxyEngine on outside of all virtual hosts, where the "
                                 "balancer stands; its <Proxy> section is not asked")
                : diagnose(Tp::proxy_engine_off, std::move(to)),
            host == nullptr ? std::string_view() : host);
}

int bind(conn_rec& connection, ap_conf_vector_t* directory, LogSink& log) {
  const ServerSlot& slot = slot_of(*connection.base_server);
  if (slot.generation == nullptr) return DECLINED;
  OutgoingConnection* known = outgoing_connection(connection);
  if (known != nullptr && is_given_back(*known, directory)) {
    known->release();
    return OK;
  }
  slot.generation->reload.look();
  auto snapshot = slot.generation->engine.snapshot();
  if (snapshot == nullptr) return DECLINED;
  const ProxyTls* settings = proxy_tls_of(*snapshot, directory, *connection.base_server);
  if (settings == nullptr || settings->context == nullptr) {
    refuse(connection, log);
    return DECLINED;
  }
  if (known != nullptr) {
    known->take_for(proxied_request(), *settings);
    return OK;
  }
  attach(connection, pool_new<OutgoingConnection>(connection.pool, connection, *slot.generation,
                                                  std::move(snapshot), *settings));
  return OK;
}

/// For the whole handshake: what mod_proxy allows for each wait, and no more than is said for
/// backends, or a client has.
/// `own` is what the settings of this connection say; 0: nothing.
OutgoingConnection::Limit limit_of(const Generation& generation, std::chrono::seconds own,
                                   apr_socket_t* socket) {
  using std::chrono::milliseconds;
  const GlobalConfig& global = slot_of(*generation.servers.front()).global;
  const bool has_own = own.count() != 0;
  const milliseconds most =
      has_own ? own : global.handshake_timeout.value_or(defaults::kHandshakeTimeout);
  apr_interval_time_t timeout = -1;
  if (socket != nullptr && apr_socket_timeout_get(socket, &timeout) == APR_SUCCESS &&
      timeout >= 0 && std::chrono::microseconds(timeout) < most) {
    return {std::chrono::ceil<milliseconds>(std::chrono::microseconds(timeout)),
            "timeout= of its ProxyPass line, ProxyTimeout or Timeout"};
  }
  return {most, has_own ? "TLSPlusProxyHandshakeTimeout" : "TLSPlusHandshakeTimeout"};
}

extern "C" {

static int tlsplus_bind_outgoing(conn_rec* connection, ap_conf_vector_t* directory,
                                 int enable) noexcept {
  if (enable == 0) return DECLINED;
  ConnectionLog log(*connection);
  return at_boundary(log, "bind_outgoing", int{DECLINED},
                     [&] { return bind(*connection, directory, log); });
}

static int tlsplus_pre_outgoing_connection(conn_rec* connection, void* socket) noexcept {
  OutgoingConnection* outgoing =
      connection->outgoing == 0 ? nullptr : outgoing_connection(*connection);
  if (outgoing == nullptr || outgoing->is_begun()) return DECLINED;
  return at_boundary(outgoing->log(), "pre_connection", int{HTTP_INTERNAL_SERVER_ERROR}, [&] {
    const Generation& generation = *slot_of(*connection->base_server).generation;
    outgoing->begin(limit_of(generation, outgoing->settings().policy->handshake_timeout,
                             static_cast<apr_socket_t*>(socket)));
    return OK;
  });
}

}  // extern "C"

}  // namespace

void register_proxy_hooks() {
  ap_hook_ssl_bind_outgoing(sealed(tlsplus_bind_outgoing), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_pre_connection(sealed(tlsplus_pre_outgoing_connection), nullptr, nullptr,
                         APR_HOOK_MIDDLE);
  register_proxied_request_hook();
}

}  // namespace tlsplus
