// SPDX-License-Identifier: Apache-2.0
//
// dump_certificates(), dump_tls(): a configuration as it came out, for people: what every virtual
// host does and which line made it so. `httpd -t -D DUMP_CERTS` and `-D DUMP_TLS` print these
// texts.
#pragma once

#include <string>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

/// The certificate files of all virtual hosts that speak TLS, in the order of the configuration
/// and as often as they are used, under a heading: what other tools know from mod_ssl.
std::string dump_certificates(const Snapshot& snapshot);

/// Per address its hosts; per host the settings with the line that set each, its certificates, and
/// whom it shares a policy with; the settings for other servers likewise; per policy what OpenSSL
/// makes of it: versions, suites, groups. `input` is what `snapshot` was built from, and its
/// configuration is still there.
std::string dump_tls(const BuildInput& input, const Snapshot& snapshot, WallTime now);

}  // namespace tlsplus
