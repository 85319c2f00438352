// SPDX-License-Identifier: Apache-2.0
//
// SSLOptions +FakeBasicAuth: whose login it is that a request has. A request that httpd makes of
// another one (a directory index, an error document) carries the headers of the first. The login in
// them is good only if we have put it there: authentication may not have been asked for, and the
// client's own header not looked at, before.
#include "ssl_engine/httpd/request/fake_basic_auth.h"

#include <optional>
#include <string>
#include <string_view>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/connection/tls_view.h"
#include "ssl_engine/httpd/request/request_state.h"
#include "ssl_engine/httpd/request/tls_request.h"
#include "ssl_engine/openssl/x509/x509_names.h"
#include "ssl_engine/request/access.h"

namespace tlsplus {
namespace {

/// As httpd's own reading of it does.
const char* header_name(const request_rec& request) noexcept {
  return request.proxyreq == PROXYREQ_PROXY ? "Proxy-Authorization" : "Authorization";
}

bool has_login_of_ours(const request_rec& request) noexcept {
  const std::string_view header = header_name(request);
  for (const request_rec* one = &request; one != nullptr;
       one = one->prev != nullptr ? one->prev : one->main) {
    const RequestState* state = find_request_state(*one);
    if (state != nullptr && state->made_login != nullptr && header == state->made_login)
      return true;
  }
  return false;
}

struct Login {
  const char* user;
  const char* password;
};

std::optional<Login> login_of(const request_rec& request) {
  const char* user = nullptr;
  const char* password = nullptr;
  if (ap_get_basic_auth_components(&request, &user, &password) != APR_SUCCESS) return std::nullopt;
  return Login{user, password};
}

bool is_asked_for(const request_rec& request) noexcept {
  return slot_of(request).config.options.has(OptionSet::kFakeBasicAuth);
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
  request_state(request).made_login = header_name(request);
  return DECLINED;
}

/// Whatever its password: which ones a hash takes is the hash's affair.
int refuse_subject(request_rec& request) {
  if (!is_asked_for(request) || has_login_of_ours(request)) return DECLINED;
  const auto login = login_of(request);
  if (!login || !is_subject(login->user)) return DECLINED;
  return refuse(request, Tp::login_made_up, login->user);
}

/// The user that some other way of authentication, a form for one, has found in the same file.
int refuse_user(request_rec& request) {
  if (!is_asked_for(request) || has_login_of_ours(request)) return DECLINED;
  const std::string_view user = request.user == nullptr ? "" : request.user;
  const std::string_view type = request.ap_auth_type == nullptr ? "" : request.ap_auth_type;
  if (!is_subject(user) || type == kClientCertificateAuth) return DECLINED;
  return refuse(request, Tp::login_made_up, user);
}

/// Whether this request is to get a login of ours.
const TlsView* client_to_log_in(request_rec& request) {
  if (!is_asked_for(request) || ap_is_initial_req(&request) == 0 || request.user != nullptr) {
    return nullptr;
  }
  const TlsView* tls = tls_view(*request.connection);
  return tls != nullptr && tls->peer != nullptr && is_tls_request(request) ? tls : nullptr;
}

}  // namespace

int fake_basic_auth(request_rec& request) {
  if (!has_login_of_ours(request)) {
    const auto login = login_of(request);
    if (login && is_fake_login(login->user, login->password)) {
      return refuse(request, Tp::login_made_up, login->user);
    }
  }
  const TlsView* tls = client_to_log_in(request);
  return tls != nullptr ? put_login(request, *tls) : refuse_subject(request);
}

int refuse_made_up_login(request_rec& request) {
  const int refused = refuse_user(request);
  return refused != DECLINED ? refused : refuse_subject(request);
}

}  // namespace tlsplus
