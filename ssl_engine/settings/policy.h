// SPDX-License-Identifier: Apache-2.0
//
// A virtual host's effective TLS settings in canonical form: two hosts whose directives come
// to the same thing have equal policies, share one SSL_CTX and are told apart by nothing but
// their certificates. A value: comparable, hashable, without a pointer to anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/openssl/tls/server_context.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

/// How clients are verified. Paths as written; what they hold is the TrustStore's affair.
struct ClientAuth {
  VerifyMode mode = VerifyMode::none;
  int depth = 1;  // of the deepest certificate that is accepted; the client's own is 0
  std::string ca_file;
  std::string ca_path;
  std::string ca_request_file;
  std::string ca_request_path;
  std::string crl_file;
  std::string crl_path;
  RevocationSetting crl_check;

  friend bool operator==(const ClientAuth&, const ClientAuth&) = default;
  [[nodiscard]] bool has_ca() const noexcept { return !ca_file.empty() || !ca_path.empty(); }
};

struct Policy {
  ProtocolSet selected;  // as written; what is served is gap_free() of it
  ProtocolRange versions;
  std::string cipher_list;    // TLS 1.2 and older, without the exclusions we always add; "" =
                              // library's default
  std::string cipher_suites;  // TLS 1.3; "" = library's default
  bool honor_cipher_order = false;
  bool compression = false;
  bool insecure_renegotiation = false;
  bool session_tickets = true;
  std::chrono::seconds session_timeout{300};
  std::vector<std::pair<std::string, std::string>> conf_commands;  // in order of application
  ClientAuth client_auth;
  std::string srp_file;  // "": no client proves a password
  std::string srp_seed;

  friend bool operator==(const Policy&, const Policy&) = default;
  [[nodiscard]] std::size_t hash() const noexcept;
  /// True if SSLOpenSSLConfCmd has one of these; case does not matter.
  [[nodiscard]] bool has_command(std::initializer_list<std::string_view> names) const noexcept;
};

struct PolicyHash {
  std::size_t operator()(const Policy& policy) const noexcept { return policy.hash(); }
};

/// The effective policy of a merged server configuration. Cannot fail: an empty protocol set is
/// kept as such (`selected.empty()`) for the caller to report. `system` holds where the
/// configuration says nothing.
Policy effective_policy(const ServerConfig& config, const SystemDefaults& system = {});

}  // namespace tlsplus
