// SPDX-License-Identifier: Apache-2.0
//
// register_auth_providers(): `Require ssl` and `Require ssl-verify-client`. Both answer for the
// primary connection of an HTTP/2 stream, through tls_of() and tls_view().
#include "ssl_engine/httpd/request/auth_providers.h"

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/connection/tls_connection.h"
#include "ssl_engine/httpd/connection/tls_view.h"
#include "ssl_engine/httpd/request/tls_request.h"
#include "ssl_engine/request/access.h"

namespace tlsplus {
namespace {

authz_status granted_if(bool answer) noexcept {
  return answer ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

bool came_over_tls(const request_rec& request) {
  if (is_tls_request(request)) return true;
  // Another module may speak TLS here.
  return tls_of(*request.connection) == nullptr && ap_ssl_conn_is_ssl(request.connection) != 0;
}

const char* refuse_arguments(const cmd_parms& cmd, const char* name, std::string_view arguments) {
  const std::string_view given = trim(arguments);
  if (given.empty()) return nullptr;
  const ap_directive_t* const line = cmd.directive;
  Where where{.directive = text("Require ", name)};
  if (line != nullptr && line->filename != nullptr) {
    where.file = line->filename;
    where.line = line->line_num;
  }
  const std::string message =
      render(diagnose(Tp::require_argument, quote(given), where,
                      text("write: Require ", name, "; Require expr compares with anything")));
  return apr_pstrmemdup(cmd.pool, message.data(), message.size());
}

/// httpd says no more than that it has refused.
void tell_why(const request_rec& request, const TlsView* tls, LogSink& log) {
  const char* const why = tls == nullptr         ? "the request did not come over TLS"
                          : tls->peer == nullptr ? "the client showed no certificate"
                          : tls->verify_lenient  ? "the certificate's issuer is not known here"
                                                 : "the certificate was not accepted";
  log_error(log, diagnose(Tp::client_not_verified,
                          text(request.uri == nullptr ? "" : quote(request.uri), ": ", why)));
}

constexpr const char* kSsl = "ssl";
constexpr const char* kVerifyClient = "ssl-verify-client";

extern "C" {

static authz_status tlsplus_require_ssl(request_rec* request, const char* /*line*/,
                                        const void* /*parsed*/) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "Require ssl", AUTHZ_DENIED,
                     [&] { return granted_if(came_over_tls(*request)); });
}

static authz_status tlsplus_require_verify_client(request_rec* request, const char* /*line*/,
                                                  const void* /*parsed*/) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "Require ssl-verify-client", AUTHZ_DENIED, [&] {
    const TlsView* tls = tls_view(*request->connection);
    const bool is_verified = tls != nullptr && is_verified_client(*tls);
    if (!is_verified && log.enabled(Level::info)) tell_why(*request, tls, log);
    return granted_if(is_verified);
  });
}

static const char* tlsplus_parse_ssl(cmd_parms* cmd, const char* arguments,
                                     const void** /*parsed*/) noexcept {
  ServerLog log(cmd->server);
  return at_boundary(log, "Require ssl", "takes no argument",
                     [&] { return refuse_arguments(*cmd, kSsl, arguments); });
}

static const char* tlsplus_parse_verify_client(cmd_parms* cmd, const char* arguments,
                                               const void** /*parsed*/) noexcept {
  ServerLog log(cmd->server);
  return at_boundary(log, "Require ssl-verify-client", "takes no argument",
                     [&] { return refuse_arguments(*cmd, kVerifyClient, arguments); });
}

}  // extern "C"

constexpr authz_provider kSslProvider = {sealed(tlsplus_require_ssl), sealed(tlsplus_parse_ssl)};
constexpr authz_provider kVerifyClientProvider = {sealed(tlsplus_require_verify_client),
                                                  sealed(tlsplus_parse_verify_client)};

}  // namespace

void register_auth_providers(apr_pool_t* pool) {
  ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, kSsl, AUTHZ_PROVIDER_VERSION, &kSslProvider,
                            AP_AUTH_INTERNAL_PER_CONF);
  ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, kVerifyClient, AUTHZ_PROVIDER_VERSION,
                            &kVerifyClientProvider, AP_AUTH_INTERNAL_PER_CONF);
}

}  // namespace tlsplus
