// SPDX-License-Identifier: Apache-2.0
//
// StaplingServices: httpd's side of stapling. The parent opens the folder and the memory, which its
// children may not be able to; they alone speak to the network.
#include "ssl_engine/httpd/revocation/stapling_bridge.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <unordered_map>
#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/record_lock.h"
#include "ssl_engine/httpd/apache/status_rows.h"
#include "ssl_engine/httpd/modules/peer_hooks.h"
#include "ssl_engine/httpd/resumption/shm_segment.h"
#include "ssl_engine/revocation/network_responder.h"
#include "ssl_engine/revocation/staple_copies.h"
#include "ssl_engine/revocation/staple_threads.h"

namespace tlsplus {
namespace {

// The digit goes up with the layout of what is kept there.
constexpr const char* kTableMemory = "tlsplus-staples-1";
constexpr const char* kStoreName = "tlsplus-staples";  // below httpd's folder for such things

using Responses = std::unordered_map<Fingerprint, Bytes, FingerprintHash>;

/// What the generation before has fetched; its children go on with the memory they have.
Responses take_from_before() {
  Responses responses;
  const MutableByteView memory = kept_segment(kTableMemory);
  const StapleTable before(memory, StapleTable::places_in(memory.size()));
  for (std::size_t place = 0; place < before.places(); ++place) {
    if (auto any = before.read(place)) {
      responses.insert_or_assign(any->about, std::move(any->response));
    }
  }
  drop_segment(kTableMemory);
  return responses;
}

/// The parent may be root; its children are to write there.
Status give_to_children(const StapleFiles& files) {
  if (geteuid() != 0) return {};
  return files.give_to(ap_unixd_config.user_id, ap_unixd_config.group_id);
}

/// This child is told to end, as in a graceful restart, and may go on for hours with a download.
bool is_child_leaving() {
  int state = AP_MPMQ_RUNNING;
  return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING;
}

}  // namespace

struct StaplingServices::Parts {
  explicit Parts(StapleTargets collected) : all(std::move(collected)) {}

  /// A target, as a handshake knows it.
  struct Known {
    StapleId id{};
    std::size_t target = 0;
  };

  StapleTargets all;
  std::vector<std::vector<Known>> of_host;
  StapleFiles files;
  std::optional<RecordLock> lock;
  std::optional<StapleTable> table;
  std::optional<StapleCopies> copies;
  NetworkResponder responder;
  std::unique_ptr<StapleThreads> threads;  // of a child
};

StaplingServices::StaplingServices(const Clock& clock, LogSink& log) : clock_(clock), log_(log) {}
StaplingServices::~StaplingServices() = default;

void StaplingServices::show_to_modules(server_rec& server, apr_pool_t* pconf, const Host& host) {
  is_showing_ = true;
  taken_[host.index] = prime_staples(server, pconf, host);
  is_showing_ = false;
}

bool StaplingServices::take(const Host& host, std::string_view id, const char* pem) {
  if (is_showing_ || parts_ != nullptr) return false;
  if (std::ranges::find(foreign_, id, &ForeignCertificate::id) != foreign_.end()) return true;
  auto target = foreign_target(host, pem);
  if (!target) return false;
  foreign_.push_back({std::string(id), *std::move(target)});
  return true;
}

std::vector<Finding> StaplingServices::open(apr_pool_t* pconf, server_rec& server,
                                            const GlobalConfig& global, const Snapshot& snapshot) {
  const auto is_taken = [this](const Host& host, const Certificate& certificate) {
    const auto of_host = taken_.find(host.index);
    return of_host != taken_.end() && std::ranges::count(of_host->second, &certificate) != 0;
  };
  StapleTargets collected = staple_targets(snapshot, is_taken, std::exchange(foreign_, {}));
  std::vector<Finding> findings = std::move(collected.findings);
  if (collected.targets.empty()) {
    drop_segment(kTableMemory);
    return findings;
  }
  auto parts = std::make_unique<Parts>(std::move(collected));
  parts_.swap(parts);
  open_store(pconf, global, findings);
  if (Status made = make_memory(server); !made) {
    findings.push_back({diagnose(Tp::staple_not_running, made.error().what), {}});
    parts_.reset();
    return findings;
  }
  for (std::size_t i = 0; i < parts_->all.targets.size(); ++i) {
    const StapleTarget& target = parts_->all.targets[i];
    if (!target.must_be_stapled || parts_->copies->of(i) != nullptr) continue;
    findings.push_back(
        {diagnose(Tp::staple_promised, name_of(*target.certificate), target.where), target.host});
  }
  return findings;
}

void StaplingServices::open_store(apr_pool_t* pconf, const GlobalConfig& global,
                                  std::vector<Finding>& findings) {
  std::string folder(global.staple_store.value_or({}));
  if (!global.staple_store.is_set()) {
    const char* const path = ap_runtime_dir_relative(pconf, kStoreName);
    if (path != nullptr) folder = path;
  }
  if (folder.empty()) return;
  auto opened = StapleFiles::open(folder);
  Status usable = opened ? give_to_children(*opened) : Status(opened.error());
  if (opened) parts_->files = *std::move(opened);
  if (usable) return;
  findings.push_back({diagnose(Tp::staple_store_not_opened, usable.error().what,
                               global.staple_store.where(), usable.error().hint),
                      {}});
}

Status StaplingServices::make_memory(server_rec& server) {
  Parts& parts = *parts_;
  const auto& targets = parts.all.targets;
  const Responses before = take_from_before();
  auto lock = RecordLock::make("tlsplus-stapling");
  if (!lock) return std::move(lock).error();
  parts.lock = *std::move(lock);
  auto memory =
      keep_segment(server, kTableMemory, StapleTable::bytes(targets.size()), Holds::public_things);
  if (!memory) return std::move(memory).error();
  parts.table.emplace(memory->memory, targets.size());
  parts.copies.emplace(targets, *parts.table, clock_);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Fingerprint& about = targets[i].certificate->fingerprint();
    if (const auto known = before.find(about); known != before.end()) {
      parts.table->publish(i, about, known->second);
    } else if (const auto stored = parts.files.load(about, StapleTable::kMostOctets)) {
      parts.table->publish(i, about, *stored);
    }
  }
  parts.of_host.resize(parts.all.of_host.size());
  for (std::size_t host = 0; host < parts.of_host.size(); ++host) {
    for (const auto& each : parts.all.of_host[host]) {
      const Cert leaf = each.certificate->leaf().open();
      if (leaf != nullptr) parts.of_host[host].push_back({staple_id_of(*leaf), each.target});
    }
  }
  return {};
}

void StaplingServices::open_in_child(apr_pool_t* pchild) {
  if (parts_ == nullptr) return;
  Parts& parts = *parts_;
  const auto make = [this] {
    Parts& own = *parts_;
    own.files.tidy(
        [&](const Fingerprint& about) {
          return std::ranges::any_of(own.all.targets, [&](const StapleTarget& target) {
            return target.certificate->fingerprint() == about;
          });
        },
        clock_.wall());
    log_.write(Level::debug, "this child asks the responders of OCSP from now on");
    return std::make_unique<StapleFetcher>(own.all.targets,
                                           StapleFetcher::Place{*own.table, own.files},
                                           own.responder, clock_, log_, std::random_device{}());
  };
  parts.threads = std::make_unique<StapleThreads>(make, *parts.lock, log_, is_child_leaving);
  // The threads alone: connections that are still served use the rest.
  apr_pool_cleanup_register(pchild, parts.threads.get(),
                            sealed(+[](void* threads) noexcept -> apr_status_t {
                              static_cast<StapleThreads*>(threads)->stop();
                              return APR_SUCCESS;
                            }),
                            apr_pool_cleanup_null);
  parts.threads->start();
}

ServerEvents::Staple StaplingServices::staple(std::uint32_t index, const StapleId& id) noexcept {
  return at_boundary(log_, "stapling", ServerEvents::Staple{}, [&]() -> ServerEvents::Staple {
    if (parts_ == nullptr || index >= parts_->of_host.size()) return {};
    const auto& known = parts_->of_host[index];
    const auto at = std::ranges::find(known, id, &Parts::Known::id);
    if (at == known.end()) return {};
    const auto staple = counted(at->target);
    return staple != nullptr ? staple_from(staple->der) : ServerEvents::Staple{};
  });
}

std::shared_ptr<const Staple> StaplingServices::foreign_staple(std::string_view id) noexcept {
  return at_boundary(log_, "stapling", std::shared_ptr<const Staple>(), [&] {
    if (parts_ == nullptr) return std::shared_ptr<const Staple>();
    const auto known = parts_->all.of_foreign.find(id);
    if (known == parts_->all.of_foreign.end()) return std::shared_ptr<const Staple>();
    return counted(known->second);
  });
}

std::shared_ptr<const Staple> StaplingServices::counted(std::size_t target) {
  auto staple = parts_->copies->of(target);
  StapleCounters& counters = parts_->table->counters();
  auto& counter = staple != nullptr ? counters.stapled : counters.without;
  counter.fetch_add(1, std::memory_order_relaxed);
  return staple;
}

void StaplingServices::status(request_rec& request, int flags) noexcept {
  at_boundary(log_, "status page", [&] {
    if (parts_ == nullptr) return;
    const StapleTable& table = *parts_->table;
    const std::int64_t now = seconds_since_1970(clock_.wall());
    std::uint64_t held = 0, failing = 0;
    std::int64_t first_over = 0;
    for (std::size_t place = 0; place < table.places(); ++place) {
      const StapleNote note = table.note(place);
      failing += note.failures != 0 ? 1 : 0;
      if (note.until <= now) continue;
      ++held;
      first_over = first_over == 0 ? note.until : std::min(first_over, note.until);
    }
    const StapleCounters& counters = table.counters();
    const auto get = [](const std::atomic<std::uint64_t>& counter) {
      return counter.load(std::memory_order_relaxed);
    };
    StatusSection(request, flags, "OCSP stapling")
        .show(
            {{"TLSStapleCertificates", "certificates that are stapled", table.places()},
             {"TLSStaplesHeld", "of these, with a response", held},
             {"TLSStaplesFailing", "of these, whose responder was asked in vain", failing},
             {"TLSStapleFirstOver", "seconds until the first response is over",
              first_over == 0 ? 0 : static_cast<std::uint64_t>(first_over - now)},
             {"TLSHandshakesStapled", "handshakes with a response", get(counters.stapled)},
             {"TLSHandshakesNotStapled", "handshakes that wanted one and got none",
              get(counters.without)},
             {"TLSStaplesReceived", "responses received", get(counters.received)},
             {"TLSStapleQuestionsFailed", "questions without an answer", get(counters.failed)},
             {"TLSStaplesRefused", "answers that were not to be believed", get(counters.refused)}});
  });
}

}  // namespace tlsplus
