// SPDX-License-Identifier: Apache-2.0
//
// The access hooks: what TLS has to say, in the order in which it is said. One hook checks in a
// fixed order: what comes later may look at what came of the earlier. With `Satisfy any` httpd asks
// the phases behind it for another permission when it has refused; what no permission may overrule
// is refused there again.
#include "ssl_engine/httpd/request/access_hooks.h"

#include <optional>
#include <string>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/require.h"
#include "ssl_engine/httpd/request/buffered_body.h"
#include "ssl_engine/httpd/request/fake_basic_auth.h"
#include "ssl_engine/httpd/request/reauthenticate.h"
#include "ssl_engine/httpd/request/request_state.h"
#include "ssl_engine/httpd/request/tls_request.h"
#include "ssl_engine/httpd/startup/generation.h"

namespace tlsplus {
namespace {

constexpr const char* kForbiddenNote = "ssl-access-forbidden";  // part of the interface

int forbid(request_rec& request) {
  apr_table_setn(request.notes, kForbiddenNote, "1");
  return HTTP_FORBIDDEN;
}

int refuse_plain(request_rec& request, const DirConfig& directory, LogSink& log) {
  log_error(log, diagnose(Tp::tls_required, quote(request.uri), directory.require_tls.where()));
  return forbid(request);
}

/// SSLUserName: the user is what the variable says.
void set_user(request_rec& request, const DirConfig& directory, LogSink& log) {
  if (!directory.user_name.is_set() || directory.options.has(OptionSet::kFakeBasicAuth)) return;
  const std::string name(*directory.user_name);
  const char* value =
      ap_ssl_var_lookup(request.pool, request.server, request.connection, &request, name.c_str());
  if (value == nullptr || *value == '\0') {
    log_paced(*request.server, log,
              diagnose(Tp::user_name_empty, name, directory.user_name.where()));
    return;
  }
  request.user = apr_pstrdup(request.pool, value);
  request.ap_auth_type = apr_pstrdup(request.pool, kClientCertificateAuth);
}

int check_access(request_rec& request, LogSink& log) {
  const DirConfig& directory = slot_of(request).config;
  if (directory.require_tls.is_set() && ap_ssl_conn_is_ssl(request.connection) == 0) {
    return refuse_plain(request, directory, log);
  }
  if (!is_tls_request(request)) return DECLINED;
  if (const int asked = reauthenticate(request); asked != DECLINED) {
    if (asked != HTTP_FORBIDDEN) {
      // Not a matter of permission: there may be only a part of the body left to serve.
      request_state(request).final_status = asked;
    } else if (request.connection->aborted == 0 &&
               unmet_requirement(request, directory.requirements)) {
      // A password may do in place of the certificate ("Satisfy any"), but not of what is demanded.
      // The log has the certificate's line already.
      return forbid(request);
    }
    return asked;
  }
  set_user(request, directory, log);
  const std::optional<Error> unmet = unmet_requirement(request, directory.requirements);
  if (!unmet) return DECLINED;
  log_paced(*request.server, log, *unmet);
  return forbid(request);
}

int refuse_again(const request_rec& request) {
  const RequestState* state = find_request_state(request);
  if (state != nullptr && state->final_status != 0) return state->final_status;
  const bool is_strict = slot_of(request).config.options.has(OptionSet::kStrictRequire);
  const bool was_forbidden = apr_table_get(request.notes, kForbiddenNote) != nullptr;
  return is_strict && was_forbidden ? HTTP_FORBIDDEN : DECLINED;
}

extern "C" {

static int tlsplus_check_access(request_rec* request) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "access", int{HTTP_FORBIDDEN},
                     [&] { return check_access(*request, log); });
}

static int tlsplus_refuse_again(request_rec* request) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "strict access", int{HTTP_FORBIDDEN},
                     [&] { return refuse_again(*request); });
}

static int tlsplus_check_authn(request_rec* request) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "authentication", int{HTTP_FORBIDDEN}, [&] {
    const int again = refuse_again(*request);
    return again != DECLINED ? again : fake_basic_auth(*request);
  });
}

static int tlsplus_refuse_made_up_login(request_rec* request) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "made up login", int{HTTP_FORBIDDEN},
                     [&] { return refuse_made_up_login(*request); });
}

}  // extern "C"

}  // namespace

void register_access_hooks() {
  register_kept_body_filter();
  ap_hook_check_access(sealed(tlsplus_check_access), nullptr, nullptr, APR_HOOK_MIDDLE,
                       AP_AUTH_INTERNAL_PER_CONF);
  // First: each of these ends with the first module that has an opinion.
  ap_hook_check_access_ex(sealed(tlsplus_refuse_again), nullptr, nullptr, APR_HOOK_FIRST,
                          AP_AUTH_INTERNAL_PER_CONF);
  ap_hook_check_authn(sealed(tlsplus_check_authn), nullptr, nullptr, APR_HOOK_FIRST,
                      AP_AUTH_INTERNAL_PER_CONF);
  ap_hook_check_authz(sealed(tlsplus_refuse_again), nullptr, nullptr, APR_HOOK_FIRST,
                      AP_AUTH_INTERNAL_PER_CONF);
  // Before AuthBasicFake puts another login in, for the server behind.
  ap_hook_fixups(sealed(tlsplus_refuse_made_up_login), nullptr, nullptr, APR_HOOK_FIRST);
}

}  // namespace tlsplus
