// SPDX-License-Identifier: Apache-2.0
//
// SocacheBridge: any cache provider of httpd (shmcb, dbm, memcache, redis, ...) behind our facade,
// with the lock that some of them need. A lock between processes can be held by one that was
// stopped, so it is asked for and never waited for without bound: kLongestWait, and not even that
// while the last wait was in vain. A provider that fails again and again, and writes a line each
// time, is let alone for a while (breaker.h).
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_scache/breaker.h"
#include "ssl_scache/cache_spec.h"
#include "ssl_scache/lock_watch.h"
#include "ssl_scache/session_cache.h"

namespace tlsplus {

class SocacheBridge final : public SessionCache {
 public:
  static constexpr std::chrono::milliseconds kLongestWait{5};
  static constexpr const char* kMutexType = "ssl-cache";

  /// In shared memory, one for all processes.
  struct Counters {
    std::atomic<std::uint64_t> stores;
    std::atomic<std::uint64_t> hits;
    std::atomic<std::uint64_t> misses;
    std::atomic<std::uint64_t> removes;
    std::atomic<std::uint64_t> refused;
    std::atomic<std::uint64_t> failures;
    LockWatch lock;
    Breaker breaker;
  };

  /// Looks the provider up and has it check its arguments; opens nothing. Errors carry their id:
  /// provider not loaded (with the LoadModule line and the ones that are), arguments refused.
  static Result<std::unique_ptr<SocacheBridge>> create(const CacheSpec& spec, apr_pool_t& pconf,
                                                       apr_pool_t& ptemp);
  ~SocacheBridge() override = default;

  /// In the parent, in post_config: the lock, if the provider needs one, and the provider's
  /// own start. `counters` and `log` must outlive this.
  Status open(apr_pool_t& pconf, server_rec& server, Counters& counters, LogSink& log);
  /// In a child. After an Error every operation is a miss.
  Status open_in_child(apr_pool_t& pchild);
  /// The file behind the lock, null if there is none. After open().
  [[nodiscard]] const char* lock_file() const noexcept;

  [[nodiscard]] std::string_view name() const noexcept override { return spec_.provider; }
  void store(ByteView id, ByteView der, WallTime expires) noexcept override;
  void count_refused() noexcept override;
  [[nodiscard]] std::optional<Bytes> retrieve(ByteView id) noexcept override;
  void remove(ByteView id) noexcept override;
  [[nodiscard]] SessionCacheStatistics statistics() const noexcept override;

  /// The provider's own rows of the status page.
  void provider_status(request_rec& request, int flags) noexcept;

 private:
  SocacheBridge(CacheSpec spec, const ap_socache_provider_t& provider,
                ap_socache_instance_t* instance) noexcept
      : spec_(std::move(spec)), provider_(provider), instance_(instance) {}

  class Turn;
  void tell(Tp id, const std::string& more = {}) noexcept;
  /// What came of an operation, for the breaker.
  void judge(apr_status_t status) noexcept;
  static apr_status_t close_provider(void* bridge) noexcept;

  CacheSpec spec_;
  const ap_socache_provider_t& provider_;
  ap_socache_instance_t* instance_;
  server_rec* server_ = nullptr;
  LogSink* log_ = nullptr;  // set before anyone may use it
  Counters* counters_ = nullptr;
  apr_global_mutex_t* mutex_ = nullptr;
  apr_pool_t* scratch_ = nullptr;  // used under the lock only
  pid_t opened_by_ = 0;
  std::atomic<bool> usable_{false};
};

}  // namespace tlsplus
