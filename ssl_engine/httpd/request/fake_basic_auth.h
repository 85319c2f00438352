// SPDX-License-Identifier: Apache-2.0
//
// SSLOptions +FakeBasicAuth: the client's certificate stands for a login of basic authentication.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// What SSLUserName calls its kind of authentication.
constexpr const char* kClientCertificateAuth = "ClientCert";

/// Before the request is authenticated. Puts the login of the client's certificate into a first
/// request without user. 403: the client made such a login up itself, or its subject cannot be a
/// user; logged. With the option every login of a subject that is not ours is made up, without it
/// one with the password that everybody knows. Otherwise DECLINED.
int fake_basic_auth(request_rec& request);

/// After that, and where nobody was asked for a login: 403 if in a place with the option the user
/// or the login that is passed on to others is a subject, and not by us; logged. Or DECLINED.
int refuse_made_up_login(request_rec& request);

}  // namespace tlsplus
