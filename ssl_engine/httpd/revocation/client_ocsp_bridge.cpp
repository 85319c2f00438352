// SPDX-License-Identifier: Apache-2.0
//
// ClientOcspServices: two segments, so that the answers stay where the cache wants them, at the
// beginning of a page; their names have a digit for the layout of what is in them.
#include "ssl_engine/httpd/revocation/client_ocsp_bridge.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/limits.h"
#include "ssl_engine/httpd/apache/status_rows.h"
#include "ssl_engine/httpd/resumption/shm_segment.h"

namespace tlsplus {
namespace {

constexpr const char* kAnswers = "tlsplus-client-ocsp-answers-1";
constexpr const char* kCounts = "tlsplus-client-ocsp-counts-1";

std::uint64_t get(const std::atomic<std::uint64_t>& counter) noexcept {
  return counter.load(std::memory_order_relaxed);
}

apr_status_t stop_threads(void* threads) noexcept {
  static_cast<InquiryThreads*>(threads)->stop();
  return APR_SUCCESS;
}

Finding failure(Error cause) {
  return {diagnose(Tp::ocsp_memory_failed, std::move(cause.what)), {}};
}

}  // namespace

std::vector<Finding> ClientOcspServices::open(server_rec& server, const Snapshot& snapshot) {
  const bool is_needed = std::ranges::any_of(
      snapshot.hosts(), [](const Host& host) { return host.client_ocsp != nullptr; });
  if (!is_needed) return {};
  auto answers = keep_segment(server, kAnswers, OcspMemory::kAnswerBytes);
  if (!answers) return {failure(std::move(answers).error())};
  auto counts = keep_segment(server, kCounts, sizeof(OcspMemory::Shared));
  if (!counts) return {failure(std::move(counts).error())};
  if (!answers->is_new) answers_ = ShmCache::attach(answers->memory, clock_);
  if (answers_ == nullptr) {
    auto made = ShmCache::create(answers->memory, clock_);
    if (!made) return {failure(std::move(made).error())};
    answers_ = *std::move(made);
  }
  // Zeros are what it begins with, and all its members are atomic numbers.
  auto& shared = *reinterpret_cast<OcspMemory::Shared*>(counts->memory.data());
  memory_ = std::make_unique<OcspMemory>(shared, *answers_, clock_);
  responders_ = std::make_unique<Responders>(*memory_, clock_, log_);
  return {};
}

InquiryDesk* ClientOcspServices::open_in_child(apr_pool_t* pchild, std::size_t most_threads) {
  if (responders_ == nullptr) return nullptr;
  threads_ = std::make_unique<InquiryThreads>(
      *responders_, log_, std::clamp<std::size_t>(most_threads, 1, limits::kInquiriesAtOnce));
  // Connections may outlive the pool and come with questions; the threads may not.
  apr_pool_cleanup_register(pchild, threads_.get(), sealed(stop_threads), apr_pool_cleanup_null);
  return threads_.get();
}

void ClientOcspServices::status(request_rec& request, int flags) noexcept {
  if (memory_ == nullptr) return;
  at_boundary(log_, "status page", [&] {
    const OcspCounters& counters = memory_->counters();
    const SessionCacheStatistics kept = memory_->answers().statistics();
    StatusSection section(request, flags, "OCSP for clients' certificates");
    section.show({{"TLSClientOCSPAsked", "questions to responders", get(counters.asked)},
                  {"TLSClientOCSPRemembered", "answered from memory", get(counters.remembered)},
                  {"TLSClientOCSPJoined", "waited for another's question", get(counters.joined)},
                  {"TLSClientOCSPHeldBack", "not asked, responder down", get(counters.held_back)},
                  {"TLSClientOCSPGood", "good", get(counters.good)},
                  {"TLSClientOCSPRevoked", "revoked", get(counters.revoked)},
                  {"TLSClientOCSPUnknown", "unknown to the responder", get(counters.unknown)},
                  {"TLSClientOCSPNoSource", "nobody to ask", get(counters.no_source)},
                  {"TLSClientOCSPForgiven", "nobody to ask, and let in", get(counters.forgiven)},
                  {"TLSClientOCSPUnreachable", "no answer", get(counters.unreachable)},
                  {"TLSClientOCSPStale", "answers of another time", get(counters.stale)},
                  {"TLSClientOCSPUnusable", "answers not believed", get(counters.unusable)},
                  {"TLSClientOCSPAnswers", "answers in memory", kept.entries}});
  });
}

}  // namespace tlsplus
