// SPDX-License-Identifier: Apache-2.0
//
// SSLOptions +FakeBasicAuth: the client's certificate stands for a login of basic authentication.
#pragma once

#include "ssl_engine/httpd/apache.h"

namespace tlsplus {

/// Before the request is authenticated. Puts the login of the client's certificate into a first
/// request without user. 403: the client made such a login up itself, with or without the option,
/// or its subject cannot be a user; logged. Otherwise DECLINED.
int fake_basic_auth(request_rec& request);

}  // namespace tlsplus
