// SPDX-License-Identifier: Apache-2.0
//
// A virtual host while its configuration is judged: what the snapshot will keep, and beside it
// the places everything came from, which only the messages need.
#pragma once

#include <cstdint>
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
};

struct PasswordStore;
struct TrustStore;

struct Draft {
  const HostInput* input = nullptr;
  std::uint32_t index = 0;
  bool engine = false;
  std::vector<DraftCertificate> certificates;
  Pkey dh_parameters;
  std::string group;
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const TrustStore> trust;         // null: no authorities are configured
  std::shared_ptr<const PasswordStore> passwords;  // null: no SRP
  SSL_CTX* context = nullptr;                      // null if OpenSSL refused the policy

  [[nodiscard]] const ServerConfig& config() const noexcept { return *input->config; }
  /// The line that turned TLS on, or that defines the virtual host.
  [[nodiscard]] Where engine_where() const {
    return config().engine.is_set() ? config().engine.where() : input->defined_at;
  }
};

}  // namespace tlsplus
