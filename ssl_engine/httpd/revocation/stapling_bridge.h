// SPDX-License-Identifier: Apache-2.0
//
// StaplingServices: OCSP stapling of one generation of the configuration: memory and lock made
// before the fork, a thread in each child of which one gets to ask responders, and what a handshake
// is given. Where nobody staples there is none of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

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

  /// post_config: the certificates of `host` are offered to modules that staple themselves; what
  /// one of them takes is left to it.
  void show_to_modules(server_rec& server, apr_pool_t* pconf, const Host& host);
  /// post_config of another module, which presents a certificate in the place of `host` and asks
  /// for staples to it by `id`; `pem` has those above it, too. False: there will be none.
  bool take(const Host& host, std::string_view id, const char* pem);
  /// The end of post_config, once per generation: what the generation before has fetched, or what
  /// is on disk, is there for the first handshake. All findings; none of them is fatal.
  std::vector<Finding> open(apr_pool_t* pconf, server_rec& server, const GlobalConfig& global,
                            const Snapshot& snapshot);
  /// child_init.
  void open_in_child(apr_pool_t* pchild);

  /// In a handshake of the host `index` with the certificate of that id; empty: nothing. Any
  /// thread; waits for nobody.
  ServerEvents::Staple staple(std::uint32_t index, const StapleId& id) noexcept;
  /// The same for another module, by the id that take() was given; null: nothing.
  std::shared_ptr<const Staple> foreign_staple(std::string_view id) noexcept;
  /// The status_hook's section; `flags` are AP_STATUS_*.
  void status(request_rec& request, int flags) noexcept;

 private:
  struct Parts;
  void open_store(apr_pool_t* pconf, const GlobalConfig& global, std::vector<Finding>& findings);
  Status make_memory(server_rec& server);
  std::shared_ptr<const Staple> counted(std::size_t target);

  const Clock& clock_;
  LogSink& log_;
  std::map<std::uint32_t, std::vector<const Certificate*>> taken_;  // by others, of a Host::index
  std::vector<ForeignCertificate> foreign_;                         // until open()
  bool is_showing_ = false;       // certificates to modules, of which we are one
  std::unique_ptr<Parts> parts_;  // null: nobody staples
};

}  // namespace tlsplus
