// SPDX-License-Identifier: Apache-2.0
//
// InquiryThreads: the threads of a process that wait for responders in the place of its clients.
// There are as many as have something to wait for, within a limit, and none where nobody is asked
// about. The same inquiry is made once, however many clients wait for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/trust/inquiry.h"

namespace tlsplus {

/// Of a process that does not fork any more. The mutex guards what is to be done and who does it,
/// never while a responder is waited for.
class InquiryThreads final : public InquiryDesk {
 public:
  /// Both must outlive it. As many questions as there may be threads wait for one of them, no more.
  InquiryThreads(OcspChecker& responders, LogSink& log,
                 std::size_t most_threads = limits::kInquiriesAtOnce) noexcept
      : responders_(responders), log_(log), most_threads_(most_threads) {}
  ~InquiryThreads() override { stop(); }
  InquiryThreads(const InquiryThreads&) = delete;
  InquiryThreads& operator=(const InquiryThreads&) = delete;

  [[nodiscard]] std::shared_ptr<Inquiry> submit(std::shared_ptr<Inquiry> inquiry) override;
  /// Gives up what is under way, and waits until that has been noticed. Nothing is taken any more.
  void stop() noexcept;

 private:
  struct Helper {
    std::atomic<bool> is_done{false};
    std::thread thread;
  };
  /// One more, if there may be one; true if anybody is there to work. With the mutex.
  bool have_helper();
  void help(Helper& helper) noexcept;
  /// The next one; null: there was none for a while, or there will be none.
  std::shared_ptr<Inquiry> next();
  void finish(const Inquiry& inquiry) noexcept;

  OcspChecker& responders_;
  LogSink& log_;
  const std::size_t most_threads_;
  std::atomic<bool> is_stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Inquiry>> queue_;
  std::map<Fingerprint, std::shared_ptr<Inquiry>> under_way_;  // in the queue or with a helper
  std::list<Helper> helpers_;
  std::size_t idle_ = 0;  // of the helpers
};

}  // namespace tlsplus
