// SPDX-License-Identifier: Apache-2.0
//
// CacheServices: which cache it is, and its life. memcache and redis are asked for by the names of
// httpd's providers, and these must be loaded and content with their arguments, as with mod_ssl;
// the asking itself is network_cache.h's, since the providers wait for seconds where a handshake
// may wait for a tenth of one.
#include "ssl_engine/httpd/resumption/cache_services_bridge.h"

#include <iterator>
#include <memory>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/deadline.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/resumption/child_access_bridge.h"
#include "ssl_engine/httpd/resumption/shm_segment.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

// The digit goes up with the layout of what is kept there.
constexpr const char* kCacheMemory = "tlsplus-session-cache-2";

/// What a handshake may lose to a cache server that does not answer.

constexpr std::uint16_t kMemcachePort = 11211;
constexpr std::uint16_t kRedisPort = 6379;

std::vector<Finding> only(Error error) {
  std::vector<Finding> findings;
  findings.push_back({std::move(error), {}});
  return findings;
}

bool is_network_store(const CacheSpec& spec) noexcept {
  return spec.provider == "memcache" || spec.provider == "redis";
}

}  // namespace

std::vector<Finding> CacheServices::configure(const GlobalConfig& global, apr_pool_t& pconf,
                                              apr_pool_t& ptemp) {
  where_ = global.session_cache.where();
  wait_ = global.session_cache_wait.value_or(defaults::kSessionCacheWait);
  if (!global.session_cache.is_set()) {
    spec_.emplace();
    return {};
  }
  const SessionCacheSetting& setting = *global.session_cache;
  if (setting.kind == SessionCacheSetting::Kind::none_not_null) return {};
  if (setting.kind == SessionCacheSetting::Kind::none) {
    store_ = SessionStore::off;
    return only(diagnose(Tp::cache_off, {}, where_));
  }
  auto spec = parse_cache_spec(setting.provider, setting.arguments);
  if (!spec) return only(diagnose(Tp::cache_size_refused, spec.error().what, where_));
  if (spec->kind == CacheSpec::Kind::provider) {
    return configure_provider(std::move(*spec), pconf, ptemp);
  }
  spec_ = std::move(*spec);
  return {};
}

std::vector<Finding> CacheServices::configure_provider(CacheSpec spec, apr_pool_t& pconf,
                                                       apr_pool_t& ptemp) {
  auto provider = SocacheBridge::create(spec, pconf, ptemp);
  if (!provider) return only(std::move(provider).error().at(where_));
  if (is_network_store(spec)) {
    const bool is_redis = spec.provider == "redis";
    auto servers = parse_servers(spec.arguments, is_redis ? kRedisPort : kMemcachePort);
    const std::string example = text("write: SSLSessionCache ", spec.provider,
                                     ":127.0.0.1:", is_redis ? kRedisPort : kMemcachePort);
    if (!servers) {
      return only(diagnose(Tp::cache_arguments_refused, servers.error().what, where_, example));
    }
    if (servers->size() > NetworkCache::kMostServers) {
      return only(diagnose(Tp::cache_arguments_refused, text(servers->size(), " servers"), where_,
                           text("name at most ", NetworkCache::kMostServers)));
    }
    servers_ = std::move(*servers);
  } else {
    provider_ = std::move(*provider);
  }
  spec_ = std::move(spec);
  if (spec_->in_files) return only(diagnose(Tp::cache_dbm_discouraged, {}, where_));
  return {};
}

std::vector<Finding> CacheServices::open(apr_pool_t& pconf, server_rec& server) {
  const bool in_memory = spec_ && spec_->kind == CacheSpec::Kind::memory;
  if (!in_memory) drop_segment(kCacheMemory);
  if (!spec_) return {};
  if (!servers_.empty()) return open_network(pconf);
  if (Status opened = in_memory ? open_memory(server) : open_provider(pconf, server); !opened) {
    return only(std::move(opened).error().at(where_));
  }
  return in_memory ? std::vector<Finding>() : check_access(pconf);
}

Status CacheServices::open_memory(server_rec& server) {
  auto kept = keep_segment(server, kCacheMemory, spec_->memory_bytes);
  if (!kept) return diagnose(Tp::cache_not_opened, kept.error().what);
  if (!kept->is_new) memory_ = ShmCache::attach(kept->memory, clock_);
  if (memory_ != nullptr) return {};
  auto made = ShmCache::create(kept->memory, clock_);
  if (!made) return diagnose(Tp::cache_not_opened, made.error().what);
  memory_ = std::move(*made);
  return {};
}

Status CacheServices::open_provider(apr_pool_t& pconf, server_rec& server) {
  auto memory = make_segment(pconf, sizeof(SocacheBridge::Counters));
  if (!memory) return diagnose(Tp::cache_not_opened, memory.error().what);
  auto* counters = std::construct_at(reinterpret_cast<SocacheBridge::Counters*>(memory->data()));
  return provider_->open(pconf, server, *counters, log_);
}

std::vector<Finding> CacheServices::open_network(apr_pool_t& pconf) {
  auto memory = make_segment(pconf, sizeof(NetworkCache::Shared));
  if (!memory) return only(diagnose(Tp::cache_not_opened, memory.error().what, where_));
  std::vector<Finding> findings;
  std::vector<NetworkCache::Server> servers;
  for (const Endpoint& each : servers_) {
    NetworkCache::Server server{text_of(each), {}};
    auto addresses = resolve(each, kNoDeadline);
    if (addresses) {
      server.addresses = std::move(*addresses);
    } else {
      findings.push_back({diagnose(Tp::cache_name_unknown, addresses.error().what, where_), {}});
    }
    servers.push_back(std::move(server));
  }
  const CacheProtocol protocol =
      spec_->provider == "redis" ? CacheProtocol::redis : CacheProtocol::memcache;
  auto* shared = std::construct_at(reinterpret_cast<NetworkCache::Shared*>(memory->data()));
  network_ = std::make_unique<NetworkCache>(spec_->provider, protocol, std::move(servers), wait_,
                                            *shared, clock_, *this);
  return findings;
}

/// Whether the children will be able to open what the provider and its lock keep in files.
std::vector<Finding> CacheServices::check_access(apr_pool_t& pconf) {
  std::vector<Finding> findings;
  const auto check = [&](const char* file) {
    if (Status reached = children_can_reach(file, where_); !reached) {
      findings.push_back({std::move(reached).error(), {}});
    }
  };
  check(provider_->lock_file());
  if (spec_->in_files && !spec_->arguments.empty()) {
    check(ap_server_root_relative(&pconf, spec_->arguments.c_str()));
  }
  return findings;
}

void CacheServices::open_in_child(apr_pool_t& pchild) {
  if (provider_ == nullptr) return;
  if (const Status opened = provider_->open_in_child(pchild); !opened) {
    log_error(log_, opened.error());
  }
}

void CacheServices::tick() noexcept {
  if (network_ != nullptr) network_->tick();
}

SessionCache* CacheServices::cache() noexcept {
  if (network_ != nullptr) return network_.get();
  if (memory_ != nullptr) return memory_.get();
  return provider_.get();
}

void CacheServices::on_server_down(std::string_view server, std::string_view why) noexcept {
  at_boundary(log_, "session cache",
              [&] { log_error(log_, diagnose(Tp::cache_down, text(server, ": ", why), where_)); });
}

void CacheServices::on_server_up(std::string_view server) noexcept {
  at_boundary(log_, "session cache",
              [&] { log_error(log_, diagnose(Tp::cache_up_again, std::string(server), where_)); });
}

}  // namespace tlsplus
