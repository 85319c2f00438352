// SPDX-License-Identifier: Apache-2.0
//
// faults_of(), staple_of(): what a client should think of the certificates a server sent: every
// fault of the chain, not the first, whether the names fit, and what a stapled OCSP response says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/trust.h"

namespace tlsplus {

struct ChainFault {
  enum class Kind : std::uint8_t {
    issuer_missing,  // the end of what was sent, and nobody knows who issued it
    self_signed,     // the leaf itself
    unknown_root,    // a root was sent, or found, that is not trusted
    expired,
    not_yet_valid,
    not_for_servers,  // its usage says so
    other,
  };
  Kind kind = Kind::other;
  int depth = 0;       // 0: the leaf
  Cert certificate;    // the one at fault; never null
  std::string reason;  // the library's words
};

/// The certificates the server sent, leaf first; empty if it sent none.
std::vector<Cert> sent_by_server(const SSL& ssl);

/// Authorities of a file or, if `file` is empty, those the system trusts.
Result<X509Store> trusted_authorities(const std::string& file);

/// All faults, each once. `sent` is not empty.
std::vector<ChainFault> faults_of(const std::vector<Cert>& sent, X509_STORE& trusted);
/// Who vouches: the last certificate of the chain that was built; null if none could be.
Cert anchor_of(const std::vector<Cert>& sent, X509_STORE& trusted);

/// True if the certificate is for `host`, a name or an address (RFC 9525; a common name does not
/// count when there are alternative names, nor for addresses).
bool is_for_host(X509& leaf, const std::string& host);
/// It promises a staple with every handshake (RFC 7633).
bool must_be_stapled(X509& leaf);

struct StapleView {
  enum class Status : std::uint8_t {
    none,
    good,
    revoked,
    unknown,
    unreadable,
    not_ours,
    badly_signed
  };
  Status status = Status::none;
  std::string reason;  // of unreadable
  WallTime from{};     // thisUpdate
  std::optional<WallTime> until;
};
/// `sent` and `trusted` verify its signature.
StapleView staple_of(SSL& ssl, const std::vector<Cert>& sent, X509_STORE& trusted);

}  // namespace tlsplus
