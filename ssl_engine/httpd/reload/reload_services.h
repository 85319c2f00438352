// SPDX-License-Identifier: Apache-2.0
//
// ReloadServices: files that are replaced while the server runs, from the parent that sees it to
// the snapshot of each child. A generation has one and calls it in the order of its members.
// Revocation lists and the certificates of hosts are looked at.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/connection/engine.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/reload/certificate_units.h"
#include "ssl_engine/reload/live_certificates.h"
#include "ssl_engine/reload/live_lists.h"
#include "ssl_engine/reload/presentation.h"
#include "ssl_engine/reload/publication.h"
#include "ssl_engine/reload/renewed_snapshot.h"

namespace tlsplus {

class ReloadServices {
 public:
  /// Both must outlive this; `log` is the main server's and may be used by any thread.
  ReloadServices(Engine& engine, LogSink& log) noexcept : engine_(engine), log_(log) {}
  ReloadServices(const ReloadServices&) = delete;
  ReloadServices& operator=(const ReloadServices&) = delete;
  ~ReloadServices() = default;

  /// What it needs of the generation; all but the factory must outlive this.
  struct Sources {
    std::chrono::seconds every{0};  // between two looks, at least; 0: nobody looks
    const BuildInput& input;        // what the snapshot was made of
    FileMemory& memory;
    ContextFactory contexts;
    std::function<void()> forget{};  // what was made of certificates that may be gone
  };
  /// post_config, in the parent, when the snapshot is what it will be: watches what it was made of.
  void open(Sources sources);
  /// child_init.
  void open_in_child() noexcept;

  /// monitor hook, in the parent: looks at the files, and puts what is new in force here, for the
  /// children to come, and makes it known to those that are there.
  void tick() noexcept;

  /// Any thread of a child, before it takes a snapshot for something new: puts in force what the
  /// parent has made known. One thread does it, the others go on with what they have.
  void look() noexcept {
    if (publication_ && publication_->mark() != seen_.load(std::memory_order_relaxed)) take_over();
  }

  /// The status_hook's section; `flags` are AP_STATUS_*.
  void status(request_rec& request, int flags) noexcept;

  /// Numbers that the parent shows to its children.
  static constexpr std::size_t kLooks = 0;
  static constexpr std::size_t kLastLook = 1;
  static constexpr std::size_t kReplaced = 2;
  static constexpr std::size_t kRefused = 3;
  static constexpr std::size_t kCertificatesReplaced = 4;
  static constexpr std::size_t kCertificatesRefused = 5;

 private:
  struct Found;
  void look_at_files();
  void show_figures();
  Status put_in_force(const Found& found);
  Status publish_refusals();
  void note_refusals(Refusals refusals);
  void take_over() noexcept;
  Status read_published(std::uint64_t mark);
  Status read_record(const Publication::Record& record, const Snapshot& before, Renewal& into);

  Engine& engine_;
  LogSink& log_;
  std::optional<Publication> publication_;  // none: nothing is watched
  std::optional<Sources> sources_;
  std::vector<CertificateUnit> units_;  // their slots come after those of the lists
  // In the slot after those: what is on disk and not in force. Guarded by refusals_mutex_.
  Refusals refusals_;
  std::mutex refusals_mutex_;
  // The parent's. Children leave them as they are: to free what they share would cost them a copy.
  std::optional<LiveLists> lists_;
  std::optional<LiveCertificates> certificates_;
  Instant next_look_{};
  std::uint64_t looks_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t certificates_replaced_ = 0;
  // What this process has put in force; children begin with what the parent had at their birth.
  std::atomic<std::uint64_t> seen_{0};  // the mark
  Publication::Generation known_ = 0;   // guarded by mutex_ in children
  std::mutex mutex_;                    // held by the thread that takes over
  PresentationReader presentations_;    // guarded by it
  Instant retry_at_{};                  // guarded by it
  std::uint64_t told_of_ = 0;           // likewise: the mark whose failure was told
};

}  // namespace tlsplus
