// SPDX-License-Identifier: Apache-2.0
//
// MachineCertificates: the certificates that we show to other servers
// (SSLProxyMachineCertificate...), each with its key, its chain, and the names of the authorities
// by which it can be asked for.
#pragma once

#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/trust.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

struct MachineCertificate {
  Cert leaf;
  Pkey key;         // proven to fit
  CertChain chain;  // what is sent after the leaf; never null, may be empty
  std::string file;
};

/// Immutable, shared by all who name the same content.
struct MachineCertificates {
  std::vector<MachineCertificate> pairs;  // in the order of the files
  // Certificates without a key of their own, and those of the chain file: as with mod_ssl, a
  // backend's chain may end at one of them.
  std::vector<Cert> anchors;
  Fingerprint digest{};  // of all of it

  /// Which to show to a server that asks for a certificate of one of `authorities` (RFC 8446 4.2.4,
  /// RFC 5246 7.4.4), the first of them that one of ours is issued by, directly or through its
  /// chain. Null or empty: whichever comes first. Null: none of ours will do.
  [[nodiscard]] const MachineCertificate* choose(const STACK_OF(X509_NAME) *
                                                 authorities) const noexcept;
};

}  // namespace tlsplus
