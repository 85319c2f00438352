// SPDX-License-Identifier: Apache-2.0
//
// Puts cache and ticket keys together. What survives a graceful restart is memory with a layout of
// its own version (keep_segment()), never an object of the module: the module is unloaded in
// between.
#include "ssl_scache/session_services_bridge.h"

#include <iterator>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_scache/cache_services_bridge.h"
#include "ssl_scache/session_status_bridge.h"
#include "ssl_scache/ticket_services_bridge.h"

namespace tlsplus {
namespace {

/// With tickets of five minutes an hour's keys are a dozen times older than what they open.
constexpr std::chrono::seconds kRotateEvery{3600};

}  // namespace

struct SessionServices::Parts {
  Parts(const Clock& clock, LogSink& used_log)
      : log(used_log), caches(clock, used_log), tickets(clock, used_log) {}

  LogSink& log;
  CacheServices caches;
  std::chrono::seconds rotate_every = kRotateEvery;
  TicketServices tickets;
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
  parts_->rotate_every = global.ticket_key_rotation.value_or(kRotateEvery);
  return parts_->caches.configure(global, *pconf, *ptemp);
}

std::vector<Finding> SessionServices::read_ticket_keys(std::span<const HostInput> hosts) {
  return parts_->tickets.read(hosts);
}

std::vector<Finding> SessionServices::open(apr_pool_t* pconf, server_rec& server,
                                           std::chrono::seconds longest_session) {
  auto findings = parts_->caches.open(*pconf, server);
  if (Status opened = parts_->tickets.open(*pconf, server, parts_->rotate_every, longest_session);
      !opened) {
    findings.push_back({std::move(opened).error(), {}});
  }
  return findings;
}

void SessionServices::open_in_child(apr_pool_t* pchild, server_rec&) noexcept {
  at_boundary(parts_->log, "session cache", [&] { parts_->caches.open_in_child(*pchild); });
}

void SessionServices::tick() noexcept {
  parts_->tickets.tick();
  parts_->caches.tick();
}

SessionCache* SessionServices::cache() noexcept {
  return parts_->caches.cache();
}

bool SessionServices::issues_ids_without_cache() const noexcept {
  return parts_->caches.issues_ids_without_cache();
}

TicketKeys* SessionServices::ticket_keys(std::uint32_t host) noexcept {
  return parts_->tickets.keys_of(host);
}

void SessionServices::status(request_rec& request, int flags) noexcept {
  at_boundary(parts_->log, "status page", [&] {
    const TicketRing* ring = parts_->tickets.ring();
    if (ring == nullptr) return;
    show_session_status(request, flags, parts_->caches.cache(), parts_->caches.provider(), *ring);
  });
}

}  // namespace tlsplus
