// SPDX-License-Identifier: Apache-2.0
//
// FirstBytes: what a peer speaks that sent something else than a ClientHello. OpenSSL finds a wrong
// version number in all of it; whoever reads the log wants to know that it was an SSH client, or
// that the proxy in front has begun to send a header of its own.
#pragma once

#include <string>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

/// As much as is looked at.
constexpr std::size_t kFirstBytes = 24;

struct FirstBytes {
  std::string what;  // escaped; empty: a TLS record, about which OpenSSL knows better
  std::string hint;  // empty: none
};

/// `sent` is the beginning of what came, as far as it came.
FirstBytes recognise(ByteView sent);

}  // namespace tlsplus
