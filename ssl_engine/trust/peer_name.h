// SPDX-License-Identifier: Apache-2.0
//
// fault_of_name(), fault_of_dates(): what is wrong with the certificate of a server that we are a
// client of, beyond its chain: the name it is for (RFC 9525) and its time. As words for a log, of
// which the certificate's own are escaped and cut; empty: nothing is wrong.
#pragma once

#include <string>
#include <string_view>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/settings/proxy_settings.h"

namespace tlsplus {

/// `host` is a name, a dot at its end or not, or an address, an IPv6 one in brackets or not. With
/// NameCheck::names every dNSName, iPAddress and CN counts, the CNs beside alternative names too:
/// certificates of old backends have the right name there alone, and mod_ssl takes them. With
/// NameCheck::common_name it is the first CN, as with mod_ssl.
std::string fault_of_name(X509& certificate, std::string_view host, NameCheck check);

/// Not valid at `now`.
std::string fault_of_dates(const X509& certificate, WallTime now);

}  // namespace tlsplus
