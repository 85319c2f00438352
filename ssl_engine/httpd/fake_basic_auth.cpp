// SPDX-License-Identifier: Apache-2.0
//
// A request that httpd makes of another one (a directory index, an error document) carries the
// headers of the first. The login in them is good only if we have put it there: authentication may
// not have been asked for, and the client's own header not looked at, before.
#include "ssl_engine/httpd/fake_basic_auth.h"

#include <string>

#include "ssl_engine/access.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/environment_hooks.h"
#include "ssl_engine/httpd/log.h"
#include "ssl_engine/httpd/request_state.h"
#include "ssl_engine/httpd/tls_view.h"
#include "ssl_engine/openssl/x509_names.h"

namespace tlsplus {
namespace {

/// As httpd's own reading of it does.
const char* header_name(const request_rec& request) noexcept {
  return request.proxyreq == PROXYREQ_PROXY ? "Proxy-Authorization" : "Authorization";
}

bool has_login_of_ours(const request_rec& request) noexcept {
  for (const request_rec* one = &request; one != nullptr;
       one = one->prev != nullptr ? one->prev : one->main) {
    const RequestState* state = find_request_state(*one);
    if (state != nullptr && state->made_login) return true;
  }
  return false;
}

int refuse(request_rec& request, Tp id, std::string_view user) {
  RequestLog log(request);
  log_error(log, diagnose(id, text(quote(request.uri), ": ", quote(user))));
  return HTTP_FORBIDDEN;
}

int put_login(request_rec& request, const TlsView& tls) {
  const std::string subject =
      dn_text(subject_name(*tls.peer), DnFormat::slash).value_or(std::string());
  const auto login = fake_login(subject);
  if (!login) return refuse(request, Tp::subject_is_no_user, subject);
  const char* const encoded =
      ap_pbase64encode(request.pool, apr_pstrmemdup(request.pool, login->data(), login->size()));
  apr_table_setn(request.headers_in, header_name(request),
                 apr_pstrcat(request.pool, "Basic ", encoded, nullptr));
  request_state(request).made_login = true;
  return DECLINED;
}

}  // namespace

int fake_basic_auth(request_rec& request) {
  const char* user = nullptr;
  const char* password = nullptr;
  if (!has_login_of_ours(request) &&
      ap_get_basic_auth_components(&request, &user, &password) == APR_SUCCESS &&
      is_fake_login(user, password)) {
    return refuse(request, Tp::login_made_up, user);
  }
  const bool is_asked_for = slot_of(request).config.options.has(OptionSet::kFakeBasicAuth);
  if (!is_asked_for || ap_is_initial_req(&request) == 0 || request.user != nullptr) return DECLINED;
  const TlsView* tls = tls_view(*request.connection);
  if (tls == nullptr || tls->peer == nullptr || !is_tls_request(request)) return DECLINED;
  return put_login(request, *tls);
}

}  // namespace tlsplus
