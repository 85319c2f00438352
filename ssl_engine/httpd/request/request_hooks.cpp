// SPDX-License-Identifier: Apache-2.0
//
// The hooks of a request that was read: is it on the right connection? The checks run on the first
// look at a request only, in this order: plain HTTP on the TLS port, a host that cannot serve yet,
// strict SNI, the SNI policy.
#include "ssl_engine/httpd/request/request_hooks.h"

#include <span>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/addresses.h"
#include "ssl_engine/hosts/sni_policy.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"
#include "ssl_engine/httpd/connection/tls_connection.h"
#include "ssl_engine/httpd/request/tls_request.h"

namespace tlsplus {
namespace {

constexpr const char* kErrorNotes = "error-notes";  // http_core's error page prints it

/// True if the request names a host that is in the configuration: the client's word for it may be
/// repeated.
bool asks_for_one_of_ours(request_rec& request) {
  return request.hostname != nullptr &&
         ap_matches_request_vhost(&request, request.hostname, request.server->port) != 0;
}

std::string https_url(request_rec& request) {
  const bool is_ours = asks_for_one_of_ours(request);
  const char* name = is_ours ? request.hostname : request.server->server_hostname;
  // The port that the client came to, which need not be the one that it has here.
  const apr_port_t port = is_ours && request.parsed_uri.port_str != nullptr
                              ? request.parsed_uri.port
                              : request.connection->local_addr->port;
  return text("https://", bracketed(name == nullptr ? "localhost" : name),
              port == kHttpsPort ? std::string() : text(':', port),
              request.unparsed_uri == nullptr ? "/" : request.unparsed_uri);
}

void explain(request_rec& request, const std::string& html) {
  apr_table_setn(request.notes, kErrorNotes,
                 apr_pstrmemdup(request.pool, html.data(), html.size()));
}

int answer_plain_http(request_rec& request, const TlsConnection& tls) {
  request.connection->keepalive = AP_CONN_CLOSE;
  const std::string url = https_url(request);
  if (host_of(request, tls).redirect_plain_http && asks_for_one_of_ours(request)) {
    apr_table_setn(request.headers_out, "Location",
                   apr_pstrmemdup(request.pool, url.data(), url.size()));
    return HTTP_PERMANENT_REDIRECT;
  }
  const char* shown = ap_escape_html(request.pool, url.c_str());
  // Scripts and Apache's own tests look for the first line.
  explain(request, text("Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n"
                        "Please use the secure address instead: <a href=\"",
                        shown, "\">", shown, "</a><br />\n"));
  return HTTP_BAD_REQUEST;
}

SniPolicy sni_policy() noexcept {
  return slot_of(*ap_server_conf).global.sni_policy.value_or(SniPolicy::secure);
}

int check_names(request_rec& request, TlsConnection& tls, LogSink& log) {
  const Host& wanted = host_of(request, tls);
  const Host& spoken = tls.core.host();
  if (tls.core.has_server_name() && request.hostname == nullptr) {
    log_error(log, diagnose(Tp::no_host_name, text("server name ", quote(tls.core.server_name()))));
    return HTTP_BAD_REQUEST;
  }
  const bool is_name_based = request.connection->vhost_lookup_data != nullptr;
  if (!tls.core.has_server_name() && is_name_based && (wanted.strict_sni || spoken.strict_sni)) {
    log_error(log, diagnose(Tp::strict_sni, text("request for ", wanted.name)), wanted.name);
    explain(request,
            "Your browser did not say which server it wants when the secure connection was made "
            "(it sent no server name, RFC 6066), and this server insists on it.<br />\n");
    return HTTP_FORBIDDEN;
  }
  if (const auto difference = first_difference(spoken, wanted, sni_policy())) {
    tls.channel.log_paced(
        log,
        diagnose(Tp::misdirected, text("connection made for ", spoken.name, " (",
                                       tls.core.has_server_name()
                                           ? text("server name ", quote(tls.core.server_name()))
                                           : std::string("no server name"),
                                       "), request for ", wanted.name, " (Host ",
                                       quote(request.hostname == nullptr ? "" : request.hostname),
                                       "); ", describe(*difference))),
        wanted.name);
    return HTTP_MISDIRECTED_REQUEST;
  }
  return DECLINED;
}

/// Environment variables by their beginning; the value does not matter.
Farewell farewell_of(const request_rec& request) noexcept {
  const apr_array_header_t* header = apr_table_elts(request.subprocess_env);
  const std::span entries(reinterpret_cast<const apr_table_entry_t*>(header->elts),
                          static_cast<std::size_t>(header->nelts));
  for (const auto& entry : entries) {
    const std::string_view name = entry.key == nullptr ? "" : entry.key;
    if (name.starts_with("ssl-unclean")) return Farewell::unclean;
    if (name.starts_with("ssl-accurate")) return Farewell::accurate;
  }
  return Farewell::standard;
}

int post_read_request(request_rec& request, TlsConnection& tls, LogSink& log) {
  if (tls.core.phase() == Phase::plain_http) return answer_plain_http(request, tls);
  // A request of an HTTP/2 stream runs in a thread of its own and decides nothing about the
  // connection, which outlives it.
  if (request.connection->master == nullptr) {
    (void)pool_new<Answer>(request.pool, tls.channel.answers, request, farewell_of(request));
  }
  if (tls.core.answers_challenge() || host_of(request, tls).service_unavailable) {
    log_error(log, diagnose(Tp::service_unavailable, {}), host_of(request, tls).name);
    return HTTP_SERVICE_UNAVAILABLE;
  }
  if (request.proxyreq == PROXYREQ_PROXY) return DECLINED;
  return check_names(request, tls, log);
}

extern "C" {

static int tlsplus_post_read_request(request_rec* request) noexcept {
  TlsConnection* tls = tls_of(*request->connection);
  if (tls == nullptr || request->main != nullptr || request->prev != nullptr) return DECLINED;
  RequestLog log(*request);
  return at_boundary(log, "post_read_request", int{HTTP_INTERNAL_SERVER_ERROR},
                     [&] { return post_read_request(*request, *tls, log); });
}

static const char* tlsplus_http_scheme(const request_rec* request) noexcept {
  return is_tls_request(*request) ? "https" : nullptr;
}

static apr_port_t tlsplus_default_port(const request_rec* request) noexcept {
  return static_cast<apr_port_t>(is_tls_request(*request) ? kHttpsPort : 0);
}

}  // extern "C"

}  // namespace

void register_request_hooks() {
  static const char* const after_setenvif[] = {"mod_setenvif.c", nullptr};
  ap_hook_post_read_request(sealed(tlsplus_post_read_request), after_setenvif, nullptr,
                            APR_HOOK_MIDDLE);
  ap_hook_http_scheme(sealed(tlsplus_http_scheme), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_default_port(sealed(tlsplus_default_port), nullptr, nullptr, APR_HOOK_MIDDLE);
}

}  // namespace tlsplus
