// SPDX-License-Identifier: Apache-2.0
//
// first_difference(): whether a request to one virtual host may travel on a connection that was
// made for another (SSLVHostSNIPolicy, RFC 9110 7.4), and if not, which directive is in the way:
// the answer is a line of the configuration, because "no compatible SSL setup" never helped
// anybody.
#pragma once

#include <optional>
#include <string>

#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

/// The first setting, in the order of how much it matters, that two hosts do not share.
struct Difference {
  std::string directive;  // "SSLProtocol"; empty: nothing differs but strict wants one host only
  Where in_connection;    // where the host of the handshake has it, line 0: its default
  Where in_request;       // where the host of the request has it
};

/// nullopt if `policy` lets the two share a connection. Both hosts belong to one snapshot.
std::optional<Difference> first_difference(const Host& connection, const Host& request,
                                           SniPolicy policy);

/// "SSLProtocol differs (a.conf:12 here, its default there)"
std::string describe(const Difference& difference);

}  // namespace tlsplus
