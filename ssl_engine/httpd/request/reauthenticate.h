// SPDX-License-Identifier: Apache-2.0
//
// reauthenticate(): asks the client of a request for what its place wants beyond what the
// connection has shown.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// DECLINED: nothing was to be asked, or the answer was good. Otherwise the status to refuse with,
/// logged: 403, or another that no permission can overrule: the body of the request could not be
/// kept, of which a part may be gone then, or the client's place was needed for another. Blocks
/// until the client has answered, at most as long as for a handshake.
int reauthenticate(request_rec& request);

}  // namespace tlsplus
