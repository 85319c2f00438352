// SPDX-License-Identifier: Apache-2.0
//
// MachineCertificates: the certificates that we show to other servers
// (SSLProxyMachineCertificate...), each with its key, its chain, and the names of the authorities
// by which it can be asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/error.h"
#include "ssl_engine/base/helper_process.h"
#include "ssl_engine/messages/findings.h"
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

/// What the directives name; an empty path: nothing.
struct MachineFiles {
  std::string file;        // SSLProxyMachineCertificateFile
  std::string path;        // SSLProxyMachineCertificatePath, a folder of such files
  std::string chain_file;  // SSLProxyMachineCertificateChainFile
  Where file_at;
  Where path_at;
  Where chain_at;
  WallTime now;
  std::optional<RunAs> children{};  // the account that must not be able to read the keys
};

/// Reads them all. A file has pairs of certificate and key, in any order and form; a key belongs to
/// the certificates of its own file that it fits. Null if nothing is named. Whatever could be read
/// is there, whatever the findings are.
Judged<std::shared_ptr<const MachineCertificates>> read_machine_certificates(
    const MachineFiles& files);

}  // namespace tlsplus
