// SPDX-License-Identifier: Apache-2.0
//
// InquiryThreads: a helper that has nothing to do stays for some seconds, since clients come in
// crowds. Those that have gone are joined by whoever starts the next.
#include "ssl_engine/revocation/inquiry_threads.h"

#include <system_error>
#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/signals_blocked.h"
#include "ssl_engine/base/tcp.h"

namespace tlsplus {
namespace {

constexpr std::chrono::seconds kStays{5};

}  // namespace

std::shared_ptr<Inquiry> InquiryThreads::submit(std::shared_ptr<Inquiry> inquiry) {
  const std::scoped_lock lock(mutex_);
  if (is_stopped_) return nullptr;
  const auto [at, is_new] = under_way_.try_emplace(inquiry->key(), inquiry);
  if (!is_new) {
    responders_.count_joined();
    return at->second;
  }
  if (under_way_.size() > 2 * most_threads_) {
    under_way_.erase(at);
    inquiry->end({OcspOutcome::unreachable, "too many questions wait for responders"});
    return inquiry;
  }
  queue_.push_back(inquiry);
  if (idle_ < queue_.size() && !have_helper()) {
    queue_.pop_back();
    under_way_.erase(at);
    return nullptr;
  }
  changed_.notify_one();
  return inquiry;
}

bool InquiryThreads::have_helper() {
  std::erase_if(helpers_, [](Helper& helper) {
    if (!helper.is_done) return false;
    helper.thread.join();
    return true;
  });
  if (helpers_.size() >= most_threads_) return true;
  const SignalsBlocked blocked;
  Helper& helper = helpers_.emplace_back();
  try {
    helper.thread = std::thread([this, &helper] { help(helper); });
  } catch (const std::system_error&) {  // the system has none for us
    helpers_.pop_back();
  }
  return !helpers_.empty();
}

void InquiryThreads::help(Helper& helper) noexcept {
  const WaitingEnds at_the_end(is_stopped_);
  while (const std::shared_ptr<Inquiry> inquiry = next()) {
    at_boundary(log_, "asking about a client", [&] { inquiry->run(responders_); });
    finish(*inquiry);
  }
  helper.is_done = true;
}

std::shared_ptr<Inquiry> InquiryThreads::next() {
  std::unique_lock lock(mutex_);
  ++idle_;
  (void)changed_.wait_for(lock, kStays, [this] { return is_stopped_ || !queue_.empty(); });
  --idle_;
  if (is_stopped_ || queue_.empty()) return nullptr;
  auto inquiry = std::move(queue_.front());
  queue_.pop_front();
  return inquiry;
}

void InquiryThreads::finish(const Inquiry& inquiry) noexcept {
  std::shared_ptr<Inquiry> mine;
  {
    const std::scoped_lock lock(mutex_);
    if (auto at = under_way_.find(inquiry.key()); at != under_way_.end()) {
      mine = std::move(at->second);
      under_way_.erase(at);
    }
  }
  // Where run() has ended it this does nothing.
  if (mine != nullptr) mine->end({OcspOutcome::unreachable, "this server could not ask"});
}

void InquiryThreads::stop() noexcept {
  is_stopped_ = true;
  std::list<Helper> helpers;
  {
    const std::scoped_lock lock(mutex_);
    helpers.swap(helpers_);
  }
  changed_.notify_all();
  for (Helper& helper : helpers) helper.thread.join();
  for (const std::shared_ptr<Inquiry>& inquiry : queue_) finish(*inquiry);
  queue_.clear();
}

}  // namespace tlsplus
