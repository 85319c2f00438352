// SPDX-License-Identifier: Apache-2.0
//
// show_session_status(): the section of mod_status, written. The machine-readable section starts
// with the line that scripts written for mod_ssl look for; a provider's own lines follow it
// directly, as there.
#include "ssl_engine/httpd/resumption/session_status_bridge.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tlsplus {
namespace {

struct Row {
  const char* key;    // of the machine-readable form
  const char* label;  // for people
  std::uint64_t value;
};

std::uint64_t get(const std::atomic<std::uint64_t>& counter) noexcept {
  return counter.load(std::memory_order_relaxed);
}

void show(request_rec& request, bool for_machines, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const auto value = static_cast<apr_uint64_t>(row.value);
    if (for_machines) {
      ap_rprintf(&request, "%s: %" APR_UINT64_T_FMT "\n", row.key, value);
    } else {
      ap_rprintf(&request, "%s: <b>%" APR_UINT64_T_FMT "</b><br />\n", row.label, value);
    }
  }
}

std::vector<Row> rows_of(const SessionCacheStatistics& sum) {
  std::vector<Row> rows{{"TLSSessionCacheStores", "sessions stored", sum.stores},
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

std::vector<Row> rows_of(const TicketRing& ring) {
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

std::vector<Row> rows_of(const TicketCounters& counters) {
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
void show_kind(request_rec& request, bool for_machines, const SessionCache& cache,
               const SessionCacheStatistics& sum) {
  const std::string kind(cache.name());
  const bool in_memory = sum.capacity_bytes != 0;
  if (for_machines) {
    ap_rprintf(&request, "CacheType: %s\n", in_memory ? "SHM" : kind.c_str());
  } else {
    ap_rprintf(&request, "cache type: <b>%s</b><br />\n", in_memory ? "SHM" : kind.c_str());
  }
  if (!in_memory) return;
  show(request, for_machines,
       {{"CacheSharedMemory", "bytes of shared memory for entries", sum.capacity_bytes},
        {"CacheCurrentEntries", "current entries", sum.entries},
        {"CacheCurrentBytes", "bytes they occupy", sum.bytes},
        {"CacheUsage", "used, percent", sum.bytes * 100 / sum.capacity_bytes}});
}

}  // namespace

void show_session_status(request_rec& request, int flags, const SessionCache* cache,
                         SocacheBridge* provider, const TicketRing& ring) {
  const bool for_machines = (flags & AP_STATUS_SHORT) != 0;
  const auto title = [&](const char* text) {
    if (for_machines) return;
    ap_rprintf(&request,
               "<hr>\n<table cellspacing=0 cellpadding=0>\n<tr><td bgcolor=\"#000000\">\n"
               "<b><font color=\"#ffffff\" face=\"Arial,Helvetica\">%s</font></b>\n"
               "</td></tr>\n<tr><td bgcolor=\"#ffffff\">\n",
               text);
  };
  const auto end = [&] {
    if (!for_machines) ap_rputs("</td></tr>\n</table>\n", &request);
  };
  if (cache != nullptr) {
    title("TLS session cache");
    if (for_machines) ap_rputs("TLSSessionCacheStatus\n", &request);
    const SessionCacheStatistics sum = cache->statistics();
    if (provider != nullptr) {
      provider->provider_status(request, flags);
    } else {
      show_kind(request, for_machines, *cache, sum);
    }
    show(request, for_machines, rows_of(sum));
    end();
  }
  title("TLS handshakes");
  show(request, for_machines, rows_of(ring.counters()));
  end();
  title("TLS session tickets");
  show(request, for_machines, rows_of(ring));
  end();
}

}  // namespace tlsplus
