// SPDX-License-Identifier: Apache-2.0
//
// Generation: one reading of the configuration and all that was made from it: born in check_config,
// gone with pconf. What must outlive it goes through retained.h.
#pragma once

#include <optional>
#include <vector>

#include "ssl_engine/base/once.h"
#include "ssl_engine/connection/engine.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/reload/expiry_services.h"
#include "ssl_engine/httpd/reload/reload_services.h"
#include "ssl_engine/httpd/resumption/session_services_bridge.h"
#include "ssl_engine/httpd/revocation/client_ocsp_bridge.h"
#include "ssl_engine/httpd/revocation/stapling_bridge.h"
#include "ssl_engine/httpd/startup/library_setup.h"
#include "ssl_engine/httpd/startup/module_certificates.h"
#include "ssl_engine/httpd/startup/retained.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/request/environment.h"

namespace tlsplus {

class Generation {
  SystemClock clock_;  // first: the others have it from their beginning

 public:
  /// Makes itself known to every server of `main_server`'s list.
  explicit Generation(server_rec& main_server);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  /// In the parent, before a restart: keeps what its hosts present, as it is by then.
  ~Generation();

  Engine engine;
  ServerLog log;  // what is done for no connection in particular
  SessionServices sessions;
  ClientOcspServices client_ocsp;
  ReloadServices reload;  // what is replaced on disk
  StaplingServices stapling;
  ExpiryServices expiry;
  ServerEnvironments environments;    // what requests are told of our certificates
  OnceEach told_directories;          // that programs there get no variables
  std::vector<server_rec*> servers;   // by Host::index
  std::size_t parking_capacity = 0;   // see neighbours.h
  bool shares_http2_backends = true;  // see backend_facts.h
  std::vector<Finding> findings;      // of judge(), for the error log once it is open

  /// The first build() of this reading.
  void judge(apr_pool_t* pool, apr_pool_t* scratch) { findings = build(pool, scratch); }

  /// Loads and judges the whole configuration; all findings, in its order. Without a fatal one
  /// the snapshot is published. `pool` is pconf, `scratch` ptemp.
  std::vector<Finding> build(apr_pool_t* pool, apr_pool_t* scratch);

  /// In a child: what does not survive a fork.
  void open_keys();

  /// Asks the modules that obtain certificates for theirs; true if there are any, so that
  /// build() has to be done again; it then judges as if no more may follow.
  bool collect_certificates(apr_pool_t* pool);

  /// Once the snapshot is what it will be: looks for replaced files from now on.
  void watch_files();

 private:
  void open_key_log(std::vector<Finding>& found);
  void forgive_lines(const std::vector<Where>& survived);

  server_rec& main_server_;
  LibrarySetup library_;
  ModuleCertificates module_certificates_;
  std::vector<Finding> lasting_;  // of what is done by the first build() alone
  bool is_built_ = false;
  BuildInput input_;                        // of the last build()
  std::optional<RetainedMemory> retained_;  // while files are watched
  pid_t born_in_;
};

/// For what clients can cause again and again; paced_messages.h says at which pace.
void log_paced(const server_rec& server, LogSink& sink, const Error& error,
               std::string_view vhost = {}) noexcept;

}  // namespace tlsplus
