// SPDX-License-Identifier: Apache-2.0
//
// StaplingServices: OCSP stapling of one generation of the configuration: memory and lock made
// before the fork, a thread in each child of which one gets to ask responders, and what a handshake
// is given. Where nobody staples there is none of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/openssl/tls/callbacks.h"
#include "ssl_engine/openssl/tls/staple_data.h"
#include "ssl_engine/revocation/staple_targets.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

class StaplingServices {
 public:
  /// Both must outlive this; `log` may be used by any thread.
  StaplingServices(const Clock& clock, LogSink& log);
  StaplingServices(const StaplingServices&) = delete;
  StaplingServices& operator=(const StaplingServices&) = delete;
  ~StaplingServices();

  using IsTaken = std::function<bool(const Host&, const Certificate&)>;
  /// post_config, once per generation: what the generation before has fetched, or what is on disk,
  /// is there for the first handshake. All findings; none of them is fatal.
  std::vector<Finding> open(apr_pool_t* pconf, server_rec& server, const GlobalConfig& global,
                            const Snapshot& snapshot, const IsTaken& is_taken);
  /// child_init.
  void open_in_child(apr_pool_t* pchild);

  /// In a handshake of the host `index` with the certificate of that id; empty: nothing. Any
  /// thread; waits for nobody.
  ServerEvents::Staple staple(std::uint32_t index, const StapleId& id) noexcept;
  /// The status_hook's section; `flags` are AP_STATUS_*.
  void status(request_rec& request, int flags) noexcept;

 private:
  struct Parts;
  void open_store(apr_pool_t* pconf, const GlobalConfig& global, std::vector<Finding>& findings);
  Status make_memory(server_rec& server);

  const Clock& clock_;
  LogSink& log_;
  std::unique_ptr<Parts> parts_;  // null: nobody staples
};

}  // namespace tlsplus
