// SPDX-License-Identifier: Apache-2.0
//
// loaded_module(), slot_of(): the module as httpd knows it. Which of the two module records was
// loaded, and our slots in httpd's configuration vectors. `ssl_module` and `tlsplus_module` are two
// names over the same code; httpd fills in the index of the one that LoadModule named.
#pragma once

#include <chrono>
#include <vector>

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"
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

/// What hangs in a server's slot. The main server's `global` and `generation` are everyone's.
struct ServerSlot {
  ServerConfig config;
  GlobalConfig global;                  // filled in the main server's slot only
  std::vector<Finding> parse_findings;  // of this server's own lines; see httpd/config.h
  Generation* generation = nullptr;     // set by the lifecycle hooks on every server, null before
  std::uint32_t host_index = 0;         // position in the snapshot's hosts()
  std::chrono::seconds handshake_timeout{0};  // of connections to its addresses; and
  std::chrono::seconds silence_timeout{0};    // between the handshake and the first request
};

struct DirSlot {
  DirConfig config;
};

inline ServerSlot& slot_of(const server_rec& server) noexcept {
  return *static_cast<ServerSlot*>(ap_get_module_config(server.module_config, &loaded_module()));
}
inline DirSlot& slot_of(const request_rec& request) noexcept {
  return *static_cast<DirSlot*>(ap_get_module_config(request.per_dir_config, &loaded_module()));
}

}  // namespace tlsplus
