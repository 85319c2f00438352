// SPDX-License-Identifier: Apache-2.0
//
// Everything a connection needs to know of the configuration, for one generation: built in one
// go or not at all, immutable afterwards, read by all threads, kept alive by the connections
// that use it. build() is the only judge of a configuration; configtest and start-up both ask it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/helper_process.h"
#include "ssl_engine/certificate.h"
#include "ssl_engine/diagnostics.h"
#include "ssl_engine/policy.h"
#include "ssl_engine/server_config.h"

namespace tlsplus {

class CertificateStore;
struct PasswordStore;
struct TrustStore;
class ContextFactory;
class OpenCertificates;

/// An address a virtual host or a Listen names; `host` is "*" for any.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;  // 0: any
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// One server_rec as the core sees it. Pointers and views live as long as the configuration.
struct HostInput {
  const ServerConfig* config = nullptr;  // merged
  std::string name;                      // ServerName:port, as shown to people
  std::string server_name;               // without port, may be empty
  std::uint16_t port = 0;                // 0 if ServerName gives none
  std::vector<std::string> aliases;      // ServerAlias, wildcards included
  std::vector<Endpoint> endpoints;       // <VirtualHost ...>; empty for the main server
  Where defined_at;                      // the <VirtualHost> line
  bool is_main_server = false;
  bool speaks_https = false;  // `Protocol https`, or `Listen ... https`
  // What other modules contributed (api.md section 4); paths, in pairs.
  std::vector<std::pair<std::string, std::string>> added_certificates;
  bool only_fallback_certificates = false;  // answer 503
};

/// A Listen line.
struct Listener {
  Endpoint at;
  std::string protocol;  // "http", "https", ...
};

struct BuildInput {
  const GlobalConfig* global = nullptr;
  std::vector<HostInput> hosts;  // index 0 is the main server; order as in the configuration
  std::vector<Listener> listeners;
  bool certificates_may_follow =
      false;                      // a module will bring some after this build; none is no error
  bool context_per_host = false;  // another module wants to see every SSL_CTX (api.md section 3)
  // False: a configuration test. Nothing may wait for a person; an encrypted key that would need
  // one is a warning, and the snapshot is for looking at only.
  bool may_ask = true;
  std::optional<RunAs> children;  // the account that children change to; none: they stay who we are
  bool is_repeated = false;       // the same was built a moment ago: tokens were tried then
};

/// What makes sessions of two hosts interchangeable, digested (RFC 5246 F.1.4, RFC 8446 8.1).
using SessionIdContext = std::array<Byte, 32>;

struct Host {
  std::uint32_t index = 0;  // position in BuildInput::hosts
  std::string name;
  Where defined_at;
  bool engine = false;
  bool strict_sni = false;
  bool client_hello_vars = false;  // connections keep the client's hello
  bool service_unavailable = false;
  bool has_own_versions =
      true;  // SSLProtocol is written for it; else the address's default decides
  const ServerConfig* config = nullptr;     // for explanations only; nullptr after a live reload
  std::shared_ptr<const Policy> policy;     // null when engine is off
  SSL_CTX* context = nullptr;               // owned by the snapshot; null when engine is off
  SSL_CTX* ready_context = nullptr;         // `context` with `certificates` in it; null: set them
                                            // on each SSL; owned by the snapshot
  std::shared_ptr<const TrustStore> trust;  // for client certificates; null: none configured
  std::shared_ptr<const PasswordStore> passwords;  // null: no client proves one (SRP)
  std::vector<CertificatePtr> certificates;  // may be empty: SSLOpenSSLConfCmd gave `context` one
  Pkey dh_parameters;                        // of the first certificate file; null: automatic
  std::string group;                         // EC PARAMETERS there: the only group; empty: default
  SessionIdContext session_id_context{};
};

class Snapshot {
 public:
  Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot();

  struct Built {
    std::shared_ptr<const Snapshot> snapshot;  // null if a finding is fatal
    std::vector<Finding> findings;             // all of them, in the order of the configuration
  };

  /// Loads, matches and checks everything. `certificates` keeps what was parsed for the next
  /// generation; `contexts` makes the SSL_CTX of a policy.
  static Built build(const BuildInput& input, CertificateStore& certificates,
                     ContextFactory& contexts, const Clock& clock);

  [[nodiscard]] const std::vector<Host>& hosts() const noexcept { return hosts_; }
  /// Keys on tokens, each once; to be opened in every child.
  [[nodiscard]] const std::vector<std::shared_ptr<TokenKey>>& token_keys() const noexcept {
    return token_keys_;
  }
  [[nodiscard]] const Host& host(std::uint32_t index) const noexcept { return hosts_[index]; }
  /// OpenSSL's objects for the hosts' certificates. Not settings but what is made of them on
  /// demand, so no part of what is immutable here; it has a lock of its own.
  [[nodiscard]] OpenCertificates& open_certificates() const noexcept { return *open_; }

 private:
  std::vector<Host> hosts_;
  std::vector<SslCtx> contexts_;
  std::vector<SslCtx> ready_contexts_;
  std::vector<std::shared_ptr<TokenKey>> token_keys_;
  std::unique_ptr<OpenCertificates> open_;
};

}  // namespace tlsplus
