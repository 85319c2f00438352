// SPDX-License-Identifier: Apache-2.0
//
// Messages 500..599: requests, variables, access.
#include "ssl_engine/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr Diagnostic kRows[] = {
    {Tp::user_name_empty, Level::warn, "the variable SSLUserName names has no value here",
     "The request goes on without a user. The client showed no certificate, or its certificate "
     "lacks the attribute, or the variable's name is misspelt.",
     "ask for client certificates where SSLUserName is used, or name a variable that every "
     "accepted certificate has; doc/variables.md lists them"},
    {Tp::misdirected, Level::info, "request answered 421, it came on the wrong connection",
     "The connection was made for one virtual host and the request names another whose TLS "
     "settings are not the same, so what was promised to one could be broken by the other "
     "(RFC 9110 15.5.20). Proxies that send no server name, or a fixed one, are the usual cause.",
     "let the client send the server name it requests, or make the directive named here equal on "
     "both hosts, or relax SSLVHostSNIPolicy"},
    {Tp::strict_sni, Level::info, "request refused, the client sent no server name",
     "SSLStrictSNIVHostCheck is on for this virtual host or for the default one of the address.",
     "let the client send a server name, or switch SSLStrictSNIVHostCheck off"},
    {Tp::no_host_name, Level::info, "request refused, server name sent but no Host",
     "A client that names a server in the handshake and none in the request cannot be served "
     "consistently.",
     "let the client send a Host header"},
    {Tp::service_unavailable, Level::info,
     "request answered 503, the virtual host has no certificate of its own yet",
     "A module that obtains certificates gave a temporary one, or the connection answers a "
     "validation challenge.",
     "wait until the certificate was obtained, then restart gracefully"},
};

}  // namespace

std::span<const Diagnostic> request_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
