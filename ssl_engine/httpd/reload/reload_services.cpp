// SPDX-License-Identifier: Apache-2.0
//
// ReloadServices: what LiveLists and LiveCertificates find, published and put in force. The parent
// renews its own snapshot too, so that children that are born later have it by birth, and share its
// memory.
#include "ssl_engine/httpd/reload/reload_services.h"

#include <utility>
#include <vector>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/heap.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/reload/reload_status.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {
/// What a look has found in both.
struct ReloadServices::Found {
  LiveLists::Look lists;
  LiveCertificates::Look certificates;

  [[nodiscard]] bool is_new() const noexcept {
    return !lists.replaced.empty() || !certificates.replaced.empty();
  }
};

void ReloadServices::open(Sources sources) {
  const auto snapshot = engine_.snapshot();
  if (sources.every.count() == 0 || snapshot == nullptr) return;
  sources_.emplace(std::move(sources));
  units_ = certificate_units(sources_->input, *snapshot);
  const std::size_t slots = snapshot->lists().size() + units_.size() + 1;
  if (slots == 1) return;
  auto made = Publication::make("tlsplus-files", static_cast<Publication::Slot>(slots));
  if (!made) return log_error(log_, diagnose(Tp::reload_unavailable, made.error().what));
  publication_.emplace(std::move(*made));
  lists_.emplace(*snapshot);
  certificates_.emplace(sources_->input, units_, sources_->memory);
}

void ReloadServices::open_in_child() noexcept {
  if (publication_) publication_->close_writer();
}

void ReloadServices::tick() noexcept {
  if (!publication_ || engine_.clock().steady() < next_look_) return;
  next_look_ = engine_.clock().steady() + sources_->every;
  at_boundary(log_, "reload", [&] { look_at_files(); });
}

void ReloadServices::look_at_files() {
  const auto tell = [&](const std::vector<Error>& errors) {
    for (const Error& error : errors) log_error(log_, error);
  };
  const auto snapshot = engine_.snapshot();
  const WallTime now = engine_.clock().wall();
  Found found{lists_->look(*snapshot, now), certificates_->look(*snapshot, now)};
  tell(found.lists.refused);
  tell(found.certificates.refused);
  if (found.is_new()) {
    if (const Status done = put_in_force(found); done) {
      replaced_ += found.lists.taken.size();
      certificates_replaced_ += found.certificates.replaced.size();
      tell(found.lists.taken);
      tell(found.certificates.taken);
    } else {
      log_error(log_, diagnose(Tp::reload_failed, done.error().what));
      lists_->again(found.lists.replaced);
      certificates_->again(found.certificates.replaced);
    }
    const bool was_large = !found.lists.replaced.empty();
    found = {};
    if (was_large) give_memory_back();
  }
  if (const Status done = publish_refusals(); !done) {
    log_error(log_, diagnose(Tp::reload_failed, done.error().what));
  }
  show_figures();
}

void ReloadServices::show_figures() {
  const WallTime now = engine_.clock().wall();
  publication_->show(kLooks, ++looks_);
  publication_->show(kLastLook, static_cast<std::uint64_t>(seconds_since_1970(now)));
  publication_->show(kReplaced, replaced_);
  publication_->show(kRefused, lists_->refused());
  publication_->show(kCertificatesReplaced, certificates_replaced_);
  publication_->show(kCertificatesRefused, certificates_->refused());
}

Status ReloadServices::put_in_force(const Found& found) {
  const auto before = engine_.snapshot();
  const auto first_unit = static_cast<Publication::Slot>(before->lists().size());
  Renewal renewal{found.lists.replaced, {}};
  std::vector<std::string> records;
  records.reserve(found.lists.replaced.size());
  std::vector<Publication::Update> updates;
  for (const RevocationListsPtr& lists : found.lists.replaced) {
    records.push_back(lists_record(*lists));
    updates.push_back({lists->slot, as_bytes(records.back())});
  }
  for (const LiveCertificates::Replaced& each : found.certificates.replaced) {
    auto presentation = presentations_.read(each.record.reveal());
    if (!presentation) return std::move(presentation).error();
    presentation->sources = each.sources;
    renewal.hosts.push_back({units_[each.unit].hosts, std::move(*presentation)});
    updates.push_back({first_unit + each.unit, each.record.reveal()});
  }
  auto renewed = renewed_snapshot(*before, renewal, sources_->contexts);
  if (!renewed) return std::move(renewed).error();
  if (Status published = publication_->publish(updates); !published) return published;
  engine_.publish(std::move(*renewed));
  ++known_;
  seen_ = publication_->mark();
  return {};
}

void ReloadServices::note_refusals(Refusals refusals) {
  const std::scoped_lock lock(refusals_mutex_);
  refusals_ = std::move(refusals);
}

/// If they are others than before: for the status page, which the children make.
Status ReloadServices::publish_refusals() {
  Refusals now = certificates_->refusals();
  if (now == refusals_) return {};
  const std::string record = refusals_record(now);
  const auto slot =
      static_cast<Publication::Slot>(engine_.snapshot()->lists().size() + units_.size());
  const Publication::Update update{slot, as_bytes(record)};
  if (Status published = publication_->publish({&update, 1}); !published) return published;
  note_refusals(std::move(now));
  ++known_;
  seen_ = publication_->mark();
  return {};
}

Status ReloadServices::read_record(const Publication::Record& record, const Snapshot& before,
                                   Renewal& into) {
  const std::size_t lists = before.lists().size();
  if (record.slot < lists) {
    auto read = read_lists_record(record.content, *before.lists()[record.slot]);
    if (!read) return std::move(read).error();
    into.lists.push_back(std::move(*read));
    return {};
  }
  const std::size_t unit = record.slot - lists;
  if (unit == units_.size()) {
    auto refusals = read_refusals_record(record.content);
    if (!refusals) return Error{.what = "what was published of refusals is damaged"};
    note_refusals(std::move(*refusals));
    return {};
  }
  if (unit > units_.size()) return Error{.what = "there is nothing of that number"};
  auto read = presentations_.read(record.content);
  if (!read) return std::move(read).error();
  into.hosts.push_back({units_[unit].hosts, std::move(*read)});
  return {};
}

Status ReloadServices::read_published(std::uint64_t mark) {
  auto edition = publication_->read(known_);
  if (!edition) return std::move(edition).error();
  CertificateFiles::Paths gone;
  bool was_large = false;
  {
    const auto before = engine_.snapshot();
    Renewal renewal;
    Status done;
    for (Publication::Record& record : edition->records) {
      if (done) done = read_record(record, *before, renewal);
      const std::size_t first_unit = before->lists().size();
      if (done && record.slot >= first_unit && record.slot < first_unit + units_.size()) {
        gone.merge(paths_of(units_[record.slot - before->lists().size()]));
      }
      wipe(record.content);  // there may be keys in it
      record.content = {};
    }
    if (!done) return done;
    was_large = !renewal.lists.empty();
    if (!renewal.lists.empty() || !renewal.hosts.empty()) {
      auto renewed = renewed_snapshot(*before, renewal, sources_->contexts);
      if (!renewed) return std::move(renewed).error();
      engine_.publish(std::move(*renewed));
    }
  }
  known_ = edition->generation;
  // Should there be a newer edition by now, the next look finds that.
  seen_ = mark;
  sources_->memory.forget(gone);
  engine_.certificates.forget_unused();
  if (sources_->forget) sources_->forget();
  if (was_large) give_memory_back();
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
    if (snapshot == nullptr) return;
    const Publication* const publication = publication_ ? &*publication_ : nullptr;
    if (!snapshot->lists().empty()) {
      show_reload_status(request, flags, *snapshot, publication);
    }
    if (units_.empty()) return;
    const std::scoped_lock lock(refusals_mutex_);
    show_certificate_status(request, flags, *snapshot, {units_, refusals_}, publication);
  });
}

}  // namespace tlsplus
