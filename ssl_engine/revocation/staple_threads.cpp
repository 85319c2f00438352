// SPDX-License-Identifier: Apache-2.0
//
// StapleThreads: the first thread asks nobody, so that it is there to start another when those that
// ask are held up.
#include "ssl_engine/revocation/staple_threads.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/signals_blocked.h"
#include "ssl_engine/base/tcp.h"

namespace tlsplus {

StapleThreads::StapleThreads(Make make, const RecordLock& lock, LogSink& log,
                             std::function<bool()> is_leaving)
    : make_(std::move(make)), lock_(lock), log_(log), is_leaving_(std::move(is_leaving)) {}

void StapleThreads::start() {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { lead(); });
}

void StapleThreads::stop() noexcept {
  if (!thread_.joinable()) return;
  is_stopped_ = true;
  { const std::scoped_lock lock(mutex_); }
  changed_.notify_all();
  thread_.join();
  if (fetcher_ != nullptr) lock_.give_up();
}

void StapleThreads::rest(Instant until) {
  std::unique_lock lock(mutex_);
  (void)changed_.wait_until(lock, until, [this] { return is_stopped_ || has_news_; });
  has_news_ = false;
}

bool StapleThreads::is_elected() {
  if (is_leaving_()) {
    end_helpers();
    if (std::exchange(fetcher_, nullptr) != nullptr) lock_.give_up();
    return false;
  }
  if (fetcher_ != nullptr) return true;
  if (!lock_.take()) return false;
  auto made = make_();
  made->take_over();
  fetcher_ = std::move(made);
  return true;
}

void StapleThreads::lead() noexcept {
  while (!is_stopped_) {
    Instant until = std::chrono::steady_clock::now() + kBetweenTries;
    at_boundary(log_, "stapling", [&] {
      if (!is_elected()) return;
      fetcher_->mend();
      // One that was started tells when it has begun; then there may be a turn for the next.
      if (!start_helper()) until = std::min(until, fetcher_->wake());
    });
    rest(until);
  }
  end_helpers();
}

void StapleThreads::end_helpers() {
  for (Helper& helper : helpers_) {
    if (helper.thread.joinable()) helper.thread.join();
  }
  helpers_.clear();
}

bool StapleThreads::start_helper() {
  std::erase_if(helpers_, [](Helper& helper) {
    if (helper.thread.joinable()) {  // else the system had none for it
      if (!helper.is_done) return false;
      helper.thread.join();
    }
    return true;
  });
  if (!fetcher_->is_due()) return false;
  // Those that there are have ended a question, and will see what is due.
  if (helpers_.size() >= StapleSchedule::kMostAtOnce) return true;
  Helper& helper = helpers_.emplace_back();
  helper.thread = std::thread([this, &helper] { help(helper); });
  return true;
}

void StapleThreads::tell_leader() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    has_news_ = true;
  }
  changed_.notify_all();
}

void StapleThreads::help(Helper& helper) noexcept {
  at_boundary(log_, "stapling", [&] {
    const WaitingEnds at_the_end(is_stopped_);
    while (!is_stopped_ && fetcher_->ask_next([this] { tell_leader(); })) {
    }
  });
  helper.is_done = true;
  tell_leader();
}

}  // namespace tlsplus
