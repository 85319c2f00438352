// SPDX-License-Identifier: Apache-2.0
//
// ReloadServices: LiveLists' findings, published and put in force. The parent renews its own
// snapshot too, so that children that are born later have it by birth, and share its memory.
#include "ssl_engine/httpd/reload/reload_services.h"

#include <utility>
#include <vector>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/heap.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/reload/reload_status.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/reload/renewed_snapshot.h"

namespace tlsplus {
void ReloadServices::open(std::chrono::seconds every) {
  every_ = every;
  const auto snapshot = engine_.snapshot();
  if (every.count() == 0 || snapshot == nullptr || snapshot->lists().empty()) return;
  auto made =
      Publication::make("tlsplus-lists", static_cast<Publication::Slot>(snapshot->lists().size()));
  if (!made) return log_error(log_, diagnose(Tp::reload_unavailable, made.error().what));
  publication_.emplace(std::move(*made));
  lists_.emplace(*snapshot);
}

void ReloadServices::open_in_child() noexcept {
  if (publication_) publication_->close_writer();
  lists_.reset();
}

void ReloadServices::tick() noexcept {
  if (!lists_ || engine_.clock().steady() < next_look_) return;
  next_look_ = engine_.clock().steady() + every_;
  at_boundary(log_, "reload", [&] { look_at_files(); });
}

void ReloadServices::look_at_files() {
  const Clock& clock = engine_.clock();
  LiveLists::Look found = lists_->look(*engine_.snapshot(), clock.wall());
  for (const Error& refused : found.refused) log_error(log_, refused);
  if (!found.replaced.empty()) {
    if (const Status done = put_in_force(found.replaced); done) {
      replaced_ += found.taken.size();
      for (const Error& taken : found.taken) log_error(log_, taken);
    } else {
      log_error(log_, diagnose(Tp::reload_failed, done.error().what));
      lists_->again(found.replaced);
    }
    found = {};
    give_memory_back();
  }
  publication_->show(kLooks, ++looks_);
  publication_->show(kLastLook, static_cast<std::uint64_t>(seconds_since_1970(clock.wall())));
  publication_->show(kReplaced, replaced_);
  publication_->show(kRefused, lists_->refused());
}

Status ReloadServices::put_in_force(std::span<const RevocationListsPtr> replaced) {
  auto renewed = renewed_snapshot(*engine_.snapshot(), replaced);
  if (!renewed) return std::move(renewed).error();
  std::vector<std::string> records;
  records.reserve(replaced.size());
  std::vector<Publication::Update> updates;
  for (const RevocationListsPtr& lists : replaced) {
    records.push_back(lists_record(*lists));
    updates.push_back({lists->slot, as_bytes(records.back())});
  }
  if (Status published = publication_->publish(updates); !published) return published;
  engine_.publish(std::move(*renewed));
  ++known_;
  seen_ = publication_->mark();
  return {};
}

Status ReloadServices::read_published(std::uint64_t mark) {
  auto edition = publication_->read(known_);
  if (!edition) return std::move(edition).error();
  {
    const auto before = engine_.snapshot();
    std::vector<RevocationListsPtr> replaced;
    for (Publication::Record& record : edition->records) {
      if (record.slot >= before->lists().size()) return Error{.what = "there is no such list"};
      auto lists = read_lists_record(record.content, *before->lists()[record.slot]);
      if (!lists) return std::move(lists).error();
      replaced.push_back(std::move(*lists));
      record.content = {};
    }
    auto renewed = renewed_snapshot(*before, replaced);
    if (!renewed) return std::move(renewed).error();
    engine_.publish(std::move(*renewed));
  }
  known_ = edition->generation;
  // Should there be a newer edition by now, the next look finds that.
  seen_ = mark;
  give_memory_back();
  return {};
}

void ReloadServices::take_over() noexcept {
  const std::unique_lock alone(mutex_, std::try_to_lock);
  if (!alone.owns_lock() || engine_.clock().steady() < retry_at_) return;
  const std::uint64_t mark = publication_->mark();
  if (mark == seen_) return;
  at_boundary(log_, "reload in a child", [&] {
    constexpr std::chrono::seconds kPause{1};
    retry_at_ = engine_.clock().steady() + kPause;
    const Status done = read_published(mark);
    if (done) {
      retry_at_ = {};
    } else if (std::exchange(told_of_, mark) != mark) {
      log_error(log_, diagnose(Tp::reload_failed, done.error().what));
    }
  });
}

void ReloadServices::status(request_rec& request, int flags) noexcept {
  at_boundary(log_, "status page", [&] {
    look();
    const auto snapshot = engine_.snapshot();
    if (snapshot == nullptr || snapshot->lists().empty()) return;
    show_reload_status(request, flags, *snapshot, publication_ ? &*publication_ : nullptr);
  });
}

}  // namespace tlsplus
