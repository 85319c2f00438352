// SPDX-License-Identifier: Apache-2.0
//
// CacheServices: the session cache of a generation, whichever it is: our memory, a provider of
// httpd, servers on the network, or none. Belongs to SessionServices and has its order of calls.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/resumption/socache_bridge.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/tls/callbacks.h"
#include "ssl_engine/settings/server_config.h"
#include "ssl_scache/cache_spec.h"
#include "ssl_scache/network_cache.h"
#include "ssl_scache/session_cache.h"
#include "ssl_scache/shm_cache.h"

namespace tlsplus {

class CacheServices final : public NetworkCacheWatcher {
 public:
  /// Both must outlive this.
  CacheServices(const Clock& clock, LogSink& log) noexcept : clock_(clock), log_(log) {}

  std::vector<Finding> configure(const GlobalConfig& global, apr_pool_t& pconf, apr_pool_t& ptemp);
  std::vector<Finding> open(apr_pool_t& pconf, server_rec& server);
  void open_in_child(apr_pool_t& pchild);
  void tick() noexcept;

  /// After configure(): off for `none` alone; `nonenotnull` issues session ids although nothing is
  /// kept.
  [[nodiscard]] SessionStore store() const noexcept { return store_; }
  /// Null: none, or not open yet.
  [[nodiscard]] SessionCache* cache() noexcept;
  /// The same cache if it is a provider of httpd, which shows its own rows of the status page.
  [[nodiscard]] SocacheBridge* provider() noexcept { return provider_.get(); }
  /// After configure(): it is not our own memory, which nobody else has.
  [[nodiscard]] bool is_within_reach_of_others() const noexcept {
    return spec_ && spec_->kind == CacheSpec::Kind::provider;
  }
  [[nodiscard]] bool is_for_several_machines() const noexcept { return !servers_.empty(); }
  /// The SSLSessionCache line.
  [[nodiscard]] const Where& where() const noexcept { return where_; }

 private:
  std::vector<Finding> configure_provider(CacheSpec spec, apr_pool_t& pconf, apr_pool_t& ptemp);
  Status open_memory(server_rec& server);
  Status open_provider(apr_pool_t& pconf, server_rec& server);
  std::vector<Finding> open_network(apr_pool_t& pconf);
  std::vector<Finding> check_access(apr_pool_t& pconf);
  void on_server_down(std::string_view server, std::string_view why) noexcept override;
  void on_server_up(std::string_view server) noexcept override;

  const Clock& clock_;
  LogSink& log_;
  Where where_;  // the SSLSessionCache line
  SessionStore store_ = SessionStore::external;
  std::chrono::milliseconds wait_{0};
  std::optional<CacheSpec> spec_;  // nothing: no cache
  std::vector<Endpoint> servers_;  // of a cache on the network
  std::unique_ptr<ShmCache> memory_;
  std::unique_ptr<SocacheBridge> provider_;
  std::unique_ptr<NetworkCache> network_;
};

}  // namespace tlsplus
