// SPDX-License-Identifier: Apache-2.0
//
// SessionServices: puts cache and ticket keys together. What survives a graceful restart is memory
// with a layout of its own version (keep_segment()), never an object of the module: the module is
// unloaded in between.
#include "ssl_engine/httpd/resumption/session_services_bridge.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/resumption/cache_services_bridge.h"
#include "ssl_engine/httpd/resumption/session_status_bridge.h"
#include "ssl_engine/httpd/resumption/ticket_services_bridge.h"
#include "ssl_engine/settings/defaults.h"
#include "ssl_scache/sealed_cache.h"

namespace tlsplus {
namespace {

/// With tickets of five minutes an hour's keys are a dozen times older than what they open.

/// The key that every server with this certificate has; nothing for one on a token.
std::optional<TicketKey> key_of(const Certificate& certificate, KeyReader& reader) {
  if (certificate.token() != nullptr || !certificate.has_key()) return std::nullopt;
  const Pkey key = certificate.key().open(reader);
  return key == nullptr ? std::nullopt : cache_key_of(*key);
}

/// So long must an old key still open tickets.
std::chrono::seconds longest_session(const Snapshot& snapshot) {
  std::chrono::seconds longest{0};
  for (const Host& host : snapshot.hosts()) {
    if (host.policy != nullptr) longest = std::max(longest, host.policy->session_timeout);
  }
  return longest;
}

bool is_on_token(const Host& host) {
  return !host.certificates.empty() && host.certificates.front()->token() != nullptr;
}

}  // namespace

struct SessionServices::Parts {
  Parts(const Clock& clock, LogSink& used_log)
      : log(used_log), caches(clock, used_log), tickets(clock, used_log) {}

  LogSink& log;
  CacheServices caches;
  std::chrono::seconds rotate_every = defaults::kTicketKeyRotation;
  TicketServices tickets;
  std::vector<std::unique_ptr<SealedCache>> sealed;
};

SessionServices::SessionServices(const Clock& clock, LogSink& log)
    : parts_(std::make_unique<Parts>(clock, log)) {}

SessionServices::~SessionServices() = default;

Status SessionServices::register_mutexes(apr_pool_t* pconf) {
  // Those of stapling are never taken, but people name them in Mutex lines.
  for (const char* const type :
       {SocacheBridge::kMutexType, "ssl-stapling", "ssl-stapling-refresh"}) {
    if (ap_mutex_register(pconf, type, nullptr, APR_LOCK_DEFAULT, 0) != APR_SUCCESS) {
      return diagnose(Tp::cache_lock_not_made, text("cannot register ", type));
    }
  }
  return {};
}

std::vector<Finding> SessionServices::configure(const GlobalConfig& global, apr_pool_t* pconf,
                                                apr_pool_t* ptemp) {
  parts_->rotate_every = global.ticket_key_rotation.value_or(defaults::kTicketKeyRotation);
  return parts_->caches.configure(global, *pconf, *ptemp);
}

std::vector<Finding> SessionServices::read_ticket_keys(std::span<const HostInput> hosts) {
  return parts_->tickets.read(hosts, parts_->caches.is_for_several_machines());
}

SessionStore SessionServices::store() const noexcept {
  return parts_->caches.store();
}

std::vector<Finding> SessionServices::open(apr_pool_t* pconf, server_rec& server,
                                           const Snapshot& snapshot) {
  auto findings = parts_->caches.open(*pconf, server);
  const auto lifetime = longest_session(snapshot);
  if (Status opened = parts_->tickets.open(*pconf, server, parts_->rotate_every, lifetime);
      !opened) {
    findings.push_back({std::move(opened).error(), {}});
  }
  return findings;
}

std::vector<Finding> SessionServices::judge(const Snapshot& snapshot) const {
  std::vector<Finding> findings;
  if (!parts_->caches.is_for_several_machines()) return findings;
  for (const Host& host : snapshot.hosts()) {
    if (!host.engine || !is_on_token(host) || parts_->tickets.has_own_keys(host.index)) continue;
    findings.push_back({diagnose(Tp::cache_sealed_alone, {}, parts_->caches.where()), host.name});
  }
  return findings;
}

std::vector<HostSessions> SessionServices::sessions_of(const Snapshot& snapshot) {
  std::vector<HostSessions> sessions(snapshot.hosts().size());
  for (std::uint32_t host = 0; host < sessions.size(); ++host) {
    sessions[host] = {parts_->caches.cache(), parts_->tickets.keys_of(host)};
  }
  seal_cache(snapshot, sessions);
  return sessions;
}

void SessionServices::seal_cache(const Snapshot& snapshot, std::vector<HostSessions>& sessions) {
  Parts& parts = *parts_;
  SessionCache* const cache = parts.caches.cache();
  TicketKeys* const ring = parts.tickets.ring_keys();
  if (cache == nullptr || ring == nullptr || !parts.caches.is_within_reach_of_others()) return;
  const auto add = [&parts](std::unique_ptr<SealedCache> sealed) {
    return parts.sealed.emplace_back(std::move(sealed)).get();
  };
  SealedCache* const of_server = add(std::make_unique<SealedCache>(*cache, *ring));
  for (HostSessions& of_host : sessions) of_host.cache = of_server;
  if (!parts.caches.is_for_several_machines()) return;
  KeyReader reader;
  std::map<const void*, SealedCache*> known;  // by who has the key
  for (const Host& host : snapshot.hosts()) {
    const bool has_keys = parts.tickets.has_own_keys(host.index);
    if (!host.engine || (!has_keys && host.certificates.empty())) continue;
    TicketKeys* const keys = sessions[host.index].tickets;
    const void* const owner =
        has_keys ? static_cast<const void*>(keys) : host.certificates.front().get();
    const auto [at, is_new] = known.try_emplace(owner, of_server);
    if (is_new && has_keys) at->second = add(std::make_unique<SealedCache>(*cache, *keys));
    if (is_new && !has_keys) {
      const auto key = key_of(*host.certificates.front(), reader);
      if (key) at->second = add(std::make_unique<SealedCache>(*cache, *key));
    }
    sessions[host.index].cache = at->second;
  }
}

void SessionServices::open_in_child(apr_pool_t* pchild) noexcept {
  at_boundary(parts_->log, "session cache", [&] { parts_->caches.open_in_child(*pchild); });
}

void SessionServices::tick() noexcept {
  parts_->tickets.tick();
  parts_->caches.tick();
}

void SessionServices::status(request_rec& request, int flags) noexcept {
  at_boundary(parts_->log, "status page", [&] {
    const TicketRing* ring = parts_->tickets.ring();
    if (ring == nullptr) return;
    show_session_status(request, flags, parts_->caches.cache(), parts_->caches.provider(), *ring);
  });
}

}  // namespace tlsplus
