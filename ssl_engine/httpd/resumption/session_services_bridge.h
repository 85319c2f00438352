// SPDX-License-Identifier: Apache-2.0
//
// SessionServices: the life of everything that makes clients resume: looked up while the
// configuration is read, created before the fork, opened again in each child, shown on the status
// page. A generation has one and calls it in the order of its members.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/connection/resumption.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

class Snapshot;

class SessionServices {
 public:
  /// Both must outlive this; `log` is the main server's and may be used by any thread.
  SessionServices(const Clock& clock, LogSink& log);
  SessionServices(const SessionServices&) = delete;
  SessionServices& operator=(const SessionServices&) = delete;
  ~SessionServices();

  /// pre_config: makes `Mutex ... ssl-cache` and its like legal lines, used or not.
  static Status register_mutexes(apr_pool_t* pconf);

  /// check_config: judges the cache setting and creates the provider's instance (which checks
  /// its arguments and opens nothing). All findings; any fatal one must stop the start.
  std::vector<Finding> configure(const GlobalConfig& global, apr_pool_t* pconf, apr_pool_t* ptemp);

  /// After configure(): whether contexts are to keep sessions by id.
  [[nodiscard]] SessionStore store() const noexcept;
  /// check_config, after configure(): reads the ticket key and secret files of `hosts`. All
  /// findings.
  std::vector<Finding> read_ticket_keys(std::span<const HostInput> hosts);

  /// post_config, in the parent, once per generation: shared memory, lock, provider init, ticket
  /// key ring (the one of the generation before is taken over).
  std::vector<Finding> open(apr_pool_t* pconf, server_rec& server, const Snapshot& snapshot);

  /// check_config: what the cache will mean to these hosts. All findings.
  [[nodiscard]] std::vector<Finding> judge(const Snapshot& snapshot) const;
  /// post_config, after open(): where each host has its sessions, by Host::index: the keys of its
  /// own files or the ring of all hosts that name none; and the cache, sealed for the host if
  /// others than this server can reach it. Good for as long as this is.
  std::vector<HostSessions> sessions_of(const Snapshot& snapshot);

  /// child_init. What cannot be opened is logged once and the child runs without it.
  void open_in_child(apr_pool_t* pchild) noexcept;

  /// monitor hook, in the parent: rotates ticket keys that are due, reads key files that changed.
  void tick() noexcept;

  /// The status_hook's section; `flags` are AP_STATUS_*.
  void status(request_rec& request, int flags) noexcept;

 private:
  void seal_cache(const Snapshot& snapshot, std::vector<HostSessions>& sessions);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tlsplus
