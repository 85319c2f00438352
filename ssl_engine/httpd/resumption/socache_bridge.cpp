// SPDX-License-Identifier: Apache-2.0
//
// SocacheBridge: calls of a provider, under its lock. The provider interface is httpd's
// ap_socache.h. Its calls take a pool for temporary needs: under the lock one pool serves all,
// without it each call gets its own.
#include "ssl_engine/httpd/resumption/socache_bridge.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <thread>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/status_text.h"
#include "ssl_scache/session_codec.h"

namespace tlsplus {
namespace {

// What mod_ssl calls itself towards providers, so that dbm and redis entries go on to be found.
constexpr const char* kConsumer = "mod_ssl-sess";
constexpr apr_size_t kAverageObjectBytes = 150;
constexpr apr_size_t kAverageIdBytes = 30;
constexpr std::int64_t kExpirySeconds = 30;

constexpr int kSpins = 20;                       // before the first sleep
constexpr std::chrono::microseconds kPause{50};  // between tries

/// "dbm, shmcb"
std::string loaded_providers(apr_pool_t& pool) {
  const apr_array_header_t* names =
      ap_list_provider_names(&pool, AP_SOCACHE_PROVIDER_GROUP, AP_SOCACHE_PROVIDER_VERSION);
  std::vector<std::string> all{"shm"};
  for (int i = 0; i < names->nelts; ++i) {
    const auto& entry = reinterpret_cast<const ap_list_provider_names_t*>(names->elts)[i];
    all.emplace_back(entry.provider_name);
  }
  std::ranges::sort(all);
  return join(all, ", ");
}

/// The folder that httpd has its loaded modules from and that has this file as well; empty if none
/// has. Distributions put it elsewhere than below ServerRoot.
std::string folder_with(const std::string& file) {
  for (const module* loaded = ap_top_module; loaded != nullptr; loaded = loaded->next) {
    Dl_info from{};
    if (loaded->dynamic_load_handle == nullptr || dladdr(loaded, &from) == 0) continue;
    const std::string path = from.dli_fname == nullptr ? "" : from.dli_fname;
    std::string folder = path.substr(0, path.rfind('/') + 1);
    if (!folder.empty() && access((folder + file).c_str(), R_OK) == 0) return folder;
  }
  return {};
}

/// What brings the provider: a line to write, or the module that is not installed.
std::string how_to_load(std::string_view provider) {
  const std::string name = provider_module(provider);
  if (name.empty()) return {};
  const std::string file = text("mod_", name, ".so");
  const std::string folder = folder_with(file);
  if (folder.empty()) return text("install ", file, " and load it as ", name, "_module");
  return text("add: LoadModule ", name, "_module ", folder, file, "; Debian: a2enmod ", name);
}

void count(std::atomic<std::uint64_t>& counter) noexcept {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

/// The right to call the provider, with a pool for it; ends with the scope.
class SocacheBridge::Turn {
 public:
  explicit Turn(SocacheBridge& bridge) noexcept : bridge_(bridge) {
    if (!bridge.usable_.load(std::memory_order_relaxed)) return;
    if (!bridge.counters_->breaker.allows(std::chrono::steady_clock::now())) return;
    if (bridge.mutex_ == nullptr) {
      if (apr_pool_create(&pool_, nullptr) != APR_SUCCESS) pool_ = nullptr;
    } else if (lock()) {
      pool_ = bridge.scratch_;
    }
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (pool_ == nullptr) return;
    if (bridge_.mutex_ == nullptr) {
      apr_pool_destroy(pool_);
    } else {
      apr_pool_clear(pool_);
      apr_global_mutex_unlock(bridge_.mutex_);
    }
  }
  explicit operator bool() const noexcept { return pool_ != nullptr; }
  [[nodiscard]] apr_pool_t* pool() const noexcept { return pool_; }

 private:
  [[nodiscard]] bool try_lock() const noexcept {
    return apr_global_mutex_trylock(bridge_.mutex_) == APR_SUCCESS;
  }
  [[nodiscard]] bool lock() noexcept {
    if (try_lock()) return had();
    const Instant begun = std::chrono::steady_clock::now();
    if (!bridge_.counters_->lock.may_wait(begun)) return false;
    const Instant until = begun + kLongestWait;
    for (int tries = 0; std::chrono::steady_clock::now() < until; ++tries) {
      if (tries < kSpins) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(kPause);
      }
      if (try_lock()) return had();
    }
    if (bridge_.counters_->lock.note_busy(begun)) bridge_.tell(Tp::cache_busy);
    return false;
  }
  [[nodiscard]] bool had() noexcept {
    if (bridge_.counters_->lock.note_free()) bridge_.tell(Tp::cache_busy_no_more);
    return true;
  }

  SocacheBridge& bridge_;
  apr_pool_t* pool_ = nullptr;
};

Result<std::unique_ptr<SocacheBridge>> SocacheBridge::create(const CacheSpec& spec,
                                                             apr_pool_t& pconf, apr_pool_t& ptemp) {
  const auto* provider = static_cast<const ap_socache_provider_t*>(ap_lookup_provider(
      AP_SOCACHE_PROVIDER_GROUP, spec.provider.c_str(), AP_SOCACHE_PROVIDER_VERSION));
  if (provider == nullptr) {
    return diagnose(Tp::cache_provider_unknown,
                    text(quote(spec.provider), "; known here: ", loaded_providers(ptemp)), {},
                    how_to_load(spec.provider));
  }
  // The provider may keep the pointer.
  const char* arguments =
      spec.arguments.empty() ? nullptr : apr_pstrdup(&pconf, spec.arguments.c_str());
  ap_socache_instance_t* instance = nullptr;
  if (const char* refusal = provider->create(&instance, arguments, &ptemp, &pconf)) {
    return diagnose(Tp::cache_arguments_refused, text(spec.provider, ": ", refusal));
  }
  return std::unique_ptr<SocacheBridge>(new SocacheBridge(spec, *provider, instance));
}

Status SocacheBridge::open(apr_pool_t& pconf, server_rec& server, Counters& counters,
                           LogSink& log) {
  server_ = &server;
  log_ = &log;
  counters_ = &counters;
  if ((provider_.flags & AP_SOCACHE_FLAG_NOTMPSAFE) != 0) {
    const apr_status_t status =
        ap_global_mutex_create(&mutex_, nullptr, kMutexType, nullptr, &server, &pconf, 0);
    if (status != APR_SUCCESS) return diagnose(Tp::cache_lock_not_made, status_text(status));
    apr_pool_create(&scratch_, &pconf);
  }
  ap_socache_hints hints{};
  hints.avg_id_len = kAverageIdBytes;
  hints.avg_obj_size = kAverageObjectBytes;
  hints.expiry_interval = apr_time_from_sec(kExpirySeconds);
  const apr_status_t status = provider_.init(instance_, kConsumer, &hints, &server, &pconf);
  if (status != APR_SUCCESS) {
    return diagnose(Tp::cache_not_opened, text(spec_.provider, ": ", status_text(status)));
  }
  usable_ = true;
  opened_by_ = getpid();
  // Registered after what the provider has registered, so that it runs before.
  apr_pool_cleanup_register(&pconf, this, sealed(close_provider), apr_pool_cleanup_null);
  return {};
}

/// A child that ends gives nothing back that the others still use.
apr_status_t SocacheBridge::close_provider(void* bridge) noexcept {
  auto& self = *static_cast<SocacheBridge*>(bridge);
  self.usable_ = false;
  if (self.opened_by_ == getpid()) self.provider_.destroy(self.instance_, self.server_);
  return APR_SUCCESS;
}

Status SocacheBridge::open_in_child(apr_pool_t& pchild) {
  if (mutex_ == nullptr) return {};
  const apr_status_t status = apr_global_mutex_child_init(&mutex_, lock_file(), &pchild);
  if (status == APR_SUCCESS) return {};
  usable_ = false;
  const char* file = lock_file();
  return diagnose(Tp::cache_lock_lost,
                  text(file == nullptr ? "no file" : file, ": ", status_text(status)));
}

const char* SocacheBridge::lock_file() const noexcept {
  return mutex_ == nullptr ? nullptr : apr_global_mutex_lockfile(mutex_);
}

void SocacheBridge::tell(Tp id, const std::string& more) noexcept {
  at_boundary(*log_, "session cache", [&] {
    log_error(*log_,
              diagnose(id, more.empty() ? spec_.provider : text(spec_.provider, ": ", more)));
  });
}

void SocacheBridge::judge(apr_status_t status) noexcept {
  Breaker& breaker = counters_->breaker;
  if (status == APR_SUCCESS) {
    if (breaker.note_success()) tell(Tp::cache_works_again);
    return;
  }
  // What is not there, or does not fit, says nothing about the cache.
  if (APR_STATUS_IS_NOTFOUND(status) || APR_STATUS_IS_ENOSPC(status) ||
      APR_STATUS_IS_EINVAL(status)) {
    return;
  }
  if (breaker.note_failure(std::chrono::steady_clock::now())) {
    at_boundary(*log_, "session cache", [&] { tell(Tp::cache_broken, status_text(status)); });
  }
}

void SocacheBridge::store(ByteView id, ByteView der, WallTime expires) noexcept {
  if (id.empty() || der.size() > kMaxSessionDer) return count_refused();
  const Turn turn(*this);
  if (!turn) return count(counters_->failures);
  // Providers take pointers to what they could change, and do not.
  const apr_status_t status =
      provider_.store(instance_, server_, id.data(), static_cast<unsigned>(id.size()),
                      apr_time_from_sec(seconds_since_1970(expires)), const_cast<Byte*>(der.data()),
                      static_cast<unsigned>(der.size()), turn.pool());
  judge(status);
  count(status == APR_SUCCESS ? counters_->stores : counters_->refused);
}

void SocacheBridge::count_refused() noexcept {
  count(counters_->refused);
}

std::optional<Bytes> SocacheBridge::retrieve(ByteView id) noexcept {
  if (id.empty()) return std::nullopt;
  std::array<Byte, kMaxSessionDer> buffer;
  auto length = static_cast<unsigned>(buffer.size());
  apr_status_t status = APR_EGENERAL;
  {
    const Turn turn(*this);
    if (turn) {
      status = provider_.retrieve(instance_, server_, id.data(), static_cast<unsigned>(id.size()),
                                  buffer.data(), &length, turn.pool());
      judge(status);
    }
  }
  if (status != APR_SUCCESS || length > buffer.size()) {
    if (!APR_STATUS_IS_NOTFOUND(status) && status != APR_SUCCESS) count(counters_->failures);
    count(counters_->misses);
    return std::nullopt;
  }
  std::optional<Bytes> der;
  try {
    der.emplace(buffer.begin(), buffer.begin() + length);
    count(counters_->hits);
  } catch (const std::bad_alloc&) {
    count(counters_->misses);
  }
  wipe(MutableByteView(buffer).first(length));
  return der;
}

void SocacheBridge::remove(ByteView id) noexcept {
  if (id.empty()) return;
  const Turn turn(*this);
  if (!turn) return count(counters_->failures);
  const apr_status_t status = provider_.remove(instance_, server_, id.data(),
                                               static_cast<unsigned>(id.size()), turn.pool());
  judge(status);
  if (status == APR_SUCCESS) count(counters_->removes);
}

SessionCacheStatistics SocacheBridge::statistics() const noexcept {
  SessionCacheStatistics sum;
  if (counters_ == nullptr) return sum;
  sum.of_all_processes = true;
  sum.stores = counters_->stores;
  sum.hits = counters_->hits;
  sum.misses = counters_->misses;
  sum.removes = counters_->removes;
  sum.refused = counters_->refused;
  sum.failures = counters_->failures;
  return sum;
}

void SocacheBridge::provider_status(request_rec& request, int flags) noexcept {
  const Turn turn(*this);
  if (turn) provider_.status(instance_, &request, flags);
}

}  // namespace tlsplus
