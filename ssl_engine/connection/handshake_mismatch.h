// SPDX-License-Identifier: Apache-2.0
//
// HandshakeMismatch: why a client and a host have nothing in common, in the words of the one who
// configured the host. OpenSSL knows that it found nothing; what it looked at is in the hello and
// in the context.
#pragma once

#include <string>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

struct HandshakeMismatch {
  std::string reason;  // "client needs an RSA certificate; configured: ECDSA"; empty: not found
  std::string offers;  // "client offers TLSv1.2; ciphers ...; this host has ..."
  std::string hint;    // what would help; empty: nothing certain
};

/// `hello` is a ClientHello's body, `ssl` the connection made for it from `host`, whose engine is
/// on. Takes about a tenth of a millisecond: not for every failure of every scanner.
HandshakeMismatch explain_gap(ByteView hello, SSL& ssl, const Host& host);

}  // namespace tlsplus
