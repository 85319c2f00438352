// SPDX-License-Identifier: Apache-2.0
//
// show_session_status(): the section of mod_status, written. The machine-readable section starts
// with the line that scripts written for mod_ssl look for; a provider's own lines follow it
// directly, as there.
#include "ssl_engine/httpd/resumption/session_status_bridge.h"

#include <algorithm>
#include <string>
#include <vector>

#include "ssl_engine/httpd/apache/status_rows.h"

namespace tlsplus {
namespace {

std::uint64_t get(const std::atomic<std::uint64_t>& counter) noexcept {
  return counter.load(std::memory_order_relaxed);
}

std::vector<StatusRow> rows_of(const SessionCacheStatistics& sum) {
  std::vector<StatusRow> rows{{"TLSSessionCacheStores", "sessions stored", sum.stores},
                              {"TLSSessionCacheHits", "hits", sum.hits},
                              {"TLSSessionCacheMisses", "misses", sum.misses},
                              {"TLSSessionCacheRemoves", "removed", sum.removes},
                              {"TLSSessionCacheRefused", "not stored", sum.refused},
                              {"TLSSessionCacheFailures", "failures of the store", sum.failures}};
  if (sum.capacity_bytes != 0) {
    rows.push_back({"TLSSessionCacheEvictions", "evicted while alive", sum.evictions});
    rows.push_back({"TLSSessionCacheExpired", "expired", sum.expired});
  }
  return rows;
}

std::vector<StatusRow> rows_of(const TicketRing& ring) {
  const TicketCounters& counters = ring.counters();
  const TicketRing::State state = ring.state();
  return {{"TLSTicketsIssued", "tickets issued", get(counters.issued)},
          {"TLSTicketsAccepted", "opened with the newest key", get(counters.accepted)},
          {"TLSTicketsRenewed", "opened with an older key", get(counters.renewed)},
          {"TLSTicketsUnknownKey", "refused, key unknown or too old", get(counters.unknown_key)},
          {"TLSTicketsFailed", "failed", get(counters.failed)},
          {"TLSTicketKeys", "ticket keys in use", state.keys},
          {"TLSTicketKeyGeneration", "ticket keys made so far", state.generation},
          {"TLSTicketKeyAge", "age of the newest ticket key in seconds",
           static_cast<std::uint64_t>(state.newest_age.count())}};
}

std::vector<StatusRow> rows_of(const TicketCounters& counters) {
  return {
      {"TLSHandshakesFull", "full handshakes", get(counters.full)},
      {"TLSHandshakesResumed", "resumed handshakes", get(counters.resumed)},
      {"TLSResumptionsOtherHost", "not resumed, session of another virtual host or of other rules",
       get(counters.other_host)},
      {"TLSResumptionsExpired", "not resumed, session too old", get(counters.expired)},
      {"TLSResumptionsDamaged", "not resumed, ticket damaged or forged", get(counters.damaged)}};
}

// Under the names that the provider shmcb has given these figures, so that what reads them there
// reads them here.
void show_kind(request_rec& request, StatusSection& section, const SessionCache& cache,
               const SessionCacheStatistics& sum) {
  const std::string kind(cache.name());
  const bool in_memory = sum.capacity_bytes != 0;
  if (section.is_for_machines()) {
    ap_rprintf(&request, "CacheType: %s\n", in_memory ? "SHM" : kind.c_str());
  } else {
    ap_rprintf(&request, "cache type: <b>%s</b><br />\n", in_memory ? "SHM" : kind.c_str());
  }
  if (!in_memory) return;
  section.show({{"CacheSharedMemory", "bytes of shared memory for entries", sum.capacity_bytes},
                {"CacheCurrentEntries", "current entries", sum.entries},
                {"CacheCurrentBytes", "bytes they occupy", sum.bytes},
                {"CacheUsage", "used, percent", sum.bytes * 100 / sum.capacity_bytes}});
}

void show_cache(request_rec& request, int flags, const SessionCache& cache,
                SocacheBridge* provider) {
  StatusSection section(request, flags, "TLS session cache");
  if (section.is_for_machines()) ap_rputs("TLSSessionCacheStatus\n", &request);
  const SessionCacheStatistics sum = cache.statistics();
  if (provider != nullptr) {
    provider->provider_status(request, flags);
  } else {
    show_kind(request, section, cache, sum);
  }
  section.show(rows_of(sum));
}

}  // namespace

void show_session_status(request_rec& request, int flags, const SessionCache* cache,
                         SocacheBridge* provider, const TicketRing& ring) {
  if (cache != nullptr) show_cache(request, flags, *cache, provider);
  StatusSection(request, flags, "TLS handshakes").show(rows_of(ring.counters()));
  StatusSection(request, flags, "TLS session tickets").show(rows_of(ring));
}

}  // namespace tlsplus
