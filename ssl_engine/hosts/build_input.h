// SPDX-License-Identifier: Apache-2.0
//
// BuildInput: what httpd's configuration comes to, as values: the hosts with their merged settings,
// names and addresses, and the lines that listen. All that a Snapshot is made from, but for the
// files.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/base/helper_process.h"
#include "ssl_engine/hosts/addresses.h"
#include "ssl_engine/settings/proxy_settings.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

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
  bool speaks_https = false;           // `Protocol https`, or `Listen ... https`
  std::optional<std::uint32_t> proxy;  // in BuildInput::proxies; none: no line says anything of it
  // What other modules contributed; paths, in pairs.
  std::vector<std::pair<std::string, std::string>> added_certificates;
  bool only_fallback_certificates = false;  // answer 503
  bool certificate_may_follow = false;  // a module may bring one after this build; none is no error
  bool nobody_brings_one = false;       // but none is known to; configtest warns
};

/// A host and its place among the others: what every step that judges one begins with.
struct ConfiguredHost {
  const HostInput* input = nullptr;
  std::uint32_t index = 0;  // in BuildInput::hosts

  [[nodiscard]] const ServerConfig& config() const noexcept { return *input->config; }
  /// The line that turned TLS on, or that defines the virtual host.
  [[nodiscard]] Where engine_where() const {
    return config().engine.is_set() ? config().engine.where() : input->defined_at;
  }
  /// The setting's line; of one that is unset, engine_where().
  template <class T>
  [[nodiscard]] Where where_of(const Setting<T>& setting) const {
    return setting.is_set() ? setting.where() : engine_where();
  }
};

/// Settings under which connections to other servers are made: those of a host, or of a <Proxy>
/// section over them.
struct ProxyInput {
  const ProxyConfig* config = nullptr;  // merged
  std::uint32_t host = 0;  // in BuildInput::hosts, the one whose configuration it is in
  bool is_section = false;
  std::string name;  // ServerName:port of that host, or "<Proxy https://...>"
  Where defined_at;  // the <VirtualHost> or <Proxy> line; empty for the main server

  /// The line that turned TLS on or off, or where there is none the one of the host or section.
  [[nodiscard]] Where engine_where() const {
    return config->engine.is_set() ? config->engine.where() : defined_at;
  }
  /// The setting's line; of one that is unset, engine_where().
  template <class T>
  [[nodiscard]] Where where_of(const Setting<T>& setting) const {
    return setting.is_set() ? setting.where() : engine_where();
  }
};

/// True if a connection to `listener` may be for the host; the main server answers for every
/// address that no virtual host is defined for.
[[nodiscard]] bool reaches(const Listener& listener, const HostInput& host) noexcept;

/// True if the host is to speak TLS: SSLEngine says so, or, where that is unset, the address's
/// protocol does and there is something to present.
[[nodiscard]] bool speaks_tls(const HostInput& host);

class LastCertificates;

struct BuildInput {
  const GlobalConfig* global = nullptr;
  std::vector<HostInput> hosts;  // index 0 is the main server; order as in the configuration
  std::vector<Listener> listeners;
  std::vector<ProxyInput> proxies;  // those with a line of their own; each once
  bool context_per_host = false;    // another module wants to see every SSL_CTX
  // False: a configuration test. Nothing may wait for a person; an encrypted key that would need
  // one is a warning, and the snapshot is for looking at only.
  bool may_ask = true;
  // At a restart what was presented before it: a host whose files cannot be used goes on with that,
  // and no person is asked for a pass phrase. Null: what cannot be used is refused.
  LastCertificates* last = nullptr;
  std::function<void(const Error&)> tell;  // of what cannot wait for the findings; may be empty
  std::optional<RunAs> children;  // the account that children change to; none: they stay who we are
  bool is_repeated = false;       // the same was built a moment ago: tokens were tried then
};

}  // namespace tlsplus
