// SPDX-License-Identifier: Apache-2.0
//
// Draft: a virtual host when all its parts are made and nothing is judged yet: what the snapshot
// will keep, and beside it the places everything came from, which only the messages need.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/settings/policy.h"

namespace tlsplus {

/// A certificate and the lines that name it.
struct DraftCertificate {
  CertificatePtr certificate;
  Where where;
  std::string file;
  Fingerprint lines{};  // digest_of_lines()
};

/// Parameters of key exchange that stand beside a certificate.
struct KeyExchange {
  Pkey dh_parameters{};  // null: automatic
  std::string group{};   // empty: those of the policy
};

struct ClientOcsp;
struct PasswordStore;
struct TrustStore;

struct Draft : ConfiguredHost {
  bool engine = false;
  std::shared_ptr<const Policy> policy{};            // null, as all that follows, without engine
  std::shared_ptr<const TrustStore> trust{};         // null: no authorities are configured
  std::shared_ptr<const ClientOcsp> client_ocsp{};   // null: no OCSP about clients
  std::shared_ptr<const PasswordStore> passwords{};  // null: no SRP
  SSL_CTX* context = nullptr;                        // null if OpenSSL refused the policy
  std::vector<DraftCertificate> certificates{};
  KeyExchange key_exchange{};  // of the first certificate's file
};

}  // namespace tlsplus
