// SPDX-License-Identifier: Apache-2.0
//
// loaded_module(), slot_of(): the module as httpd knows it. Which of the two module records was
// loaded, and our slots in httpd's configuration vectors. `ssl_module` and `tlsplus_module` are two
// names over the same code; httpd fills in the index of the one that LoadModule named.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/settings/proxy_settings.h"
#include "ssl_engine/settings/server_config.h"

// All else is hidden; these two the loader must see (exports.map keeps the rest in).
extern "C" {
// NOLINTBEGIN(*-non-const-global-variables)
[[gnu::visibility("default")]] extern module AP_MODULE_DECLARE_DATA ssl_module;
[[gnu::visibility("default")]] extern module AP_MODULE_DECLARE_DATA tlsplus_module;
// NOLINTEND(*-non-const-global-variables)
}

namespace tlsplus {

class Generation;

/// The record httpd loaded; ssl_module if neither is registered yet.
inline module& loaded_module() noexcept {
  return tlsplus_module.module_index >= 0 ? tlsplus_module : ssl_module;
}
inline int module_index() noexcept {
  return loaded_module().module_index;
}

/// How connections to other servers are made, as the SSLProxy... lines of a server or of a <Proxy>
/// section in it say; made by the first of them. httpd keeps both in configurations of directories,
/// that of a server in its lookup_defaults.
struct ProxySlot {
  ProxyConfig config;
  const server_rec* server = nullptr;       // in which it is written
  const ap_directive_t* section = nullptr;  // the <Proxy> line; null for a server's own
  // In the snapshot's proxies, once the whole configuration is known. From then on a section has
  // what it does not say from its server, once and for all requests.
  std::optional<std::uint32_t> index{};
};

/// What hangs in a server's slot. The main server's `global` and `generation` are everyone's.
struct ServerSlot {
  ServerConfig config;
  GlobalConfig global;                  // filled in the main server's slot only
  std::vector<Finding> parse_findings;  // of this server's own lines; see httpd/config.h
  Generation* generation = nullptr;     // set by the lifecycle hooks on every server, null before
  std::uint32_t host_index = 0;         // position in the snapshot's hosts()
  std::chrono::seconds handshake_timeout{0};  // of connections to its addresses; and
  std::chrono::seconds silence_timeout{0};    // between the handshake and the first request
  std::vector<ProxySlot*> proxy_sections;     // the <Proxy> sections in it that have a line of ours
};

struct DirSlot {
  DirConfig config;
  ProxySlot* proxy = nullptr;  // shared with whoever has no such line of its own; null: nobody has
};

inline ServerSlot& slot_of(const server_rec& server) noexcept {
  return *static_cast<ServerSlot*>(ap_get_module_config(server.module_config, &loaded_module()));
}
/// Of the configuration of a directory, as a request has it and a server in its lookup_defaults.
inline DirSlot& slot_of(const ap_conf_vector_t* directory) noexcept {
  return *static_cast<DirSlot*>(ap_get_module_config(directory, &loaded_module()));
}
inline DirSlot& slot_of(const request_rec& request) noexcept {
  return slot_of(request.per_dir_config);
}

}  // namespace tlsplus
