// SPDX-License-Identifier: Apache-2.0
//
// StapleThreads: the fetcher at work in one process of a server. Each child has a thread that
// tries to be the one; the kernel chooses, and chooses again when that child is gone. The one that
// has the lock starts others as there is something to ask, up to as many as may ask at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "ssl_engine/base/log.h"
#include "ssl_engine/base/record_lock.h"
#include "ssl_engine/revocation/staple_fetcher.h"

namespace tlsplus {

class StapleThreads {
 public:
  /// So long after the end of one, another one takes over.
  static constexpr std::chrono::seconds kBetweenTries{2};

  using Make = std::function<std::unique_ptr<StapleFetcher>()>;
  /// All of it must outlive this. `make` is called in the process that is to ask. `is_leaving`:
  /// this process is about to end, and others are not; asked now and then by the first thread.
  StapleThreads(Make make, const RecordLock& lock, LogSink& log, std::function<bool()> is_leaving);
  StapleThreads(const StapleThreads&) = delete;
  StapleThreads& operator=(const StapleThreads&) = delete;
  ~StapleThreads() { stop(); }

  /// After the fork.
  void start();
  /// Waits for a question that is under way no longer than it takes to give it up. Once.
  void stop() noexcept;

 private:
  struct Helper {
    std::atomic<bool> is_done{false};
    std::thread thread;
  };
  void lead() noexcept;
  bool is_elected();
  void end_helpers();
  bool start_helper();
  void help(Helper& helper) noexcept;
  void tell_leader() noexcept;
  void rest(Instant until);

  Make make_;
  const RecordLock& lock_;
  LogSink& log_;
  std::function<bool()> is_leaving_;
  std::atomic<bool> is_stopped_{false};
  std::mutex mutex_;  // for changed_ alone
  std::condition_variable changed_;
  bool has_news_ = false;  // from a helper
  // Of the first thread, as is the list below; there as long as this process has the lock.
  std::unique_ptr<StapleFetcher> fetcher_;
  std::list<Helper> helpers_;  // at most StapleSchedule::kMostAtOnce
  std::thread thread_;
};

}  // namespace tlsplus
