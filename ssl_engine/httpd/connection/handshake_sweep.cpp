// SPDX-License-Identifier: Apache-2.0
//
// The clock behind ParkedHandshakes: a thread of our own and not a timer of the MPM. event's
// listener does not count a timer into the time it sleeps (seen in httpd 2.4.68 and 2.4.71), so on
// a quiet server a timed callback comes when the next client does. The thread sleeps for good while
// nothing is parked.
#include "ssl_engine/httpd/connection/handshake_sweep.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <random>
#include <thread>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/signals_blocked.h"
#include "ssl_engine/httpd/connection/connection_hooks.h"

namespace tlsplus {
namespace {

constexpr std::chrono::milliseconds kSweepInterval{500};

/// The list with the thread that watches it; made in a child, after the fork.
class SweptHandshakes final : public ParkedHandshakes {
 public:
  SweptHandshakes(std::size_t capacity, const Clock& clock)
      : ParkedHandshakes(capacity, std::random_device{}()), clock_(clock) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  SweptHandshakes(const SweptHandshakes&) = delete;
  SweptHandshakes& operator=(const SweptHandshakes&) = delete;
  ~SweptHandshakes() override { stop_watching(); }

  /// Ends the thread; the list stays usable.
  void stop_watching() noexcept {
    if (!thread_.joinable()) return;
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  /// Something was parked.
  void watch() noexcept {
    if (watching_.exchange(true)) return;
    // The lock orders this before the thread's decision to sleep.
    { const std::scoped_lock lock(mutex_); }
    changed_.notify_one();
  }

 private:
  void run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stop_ || watching_.load(); });
      if (changed_.wait_for(lock, kSweepInterval, [this] { return stop_; })) return;
      // Taken back first: whoever parks during the sweep sets it again.
      watching_ = false;
      if (sweep(clock_.steady()) != 0) watching_ = true;
      tell_parent(is_filling_up());
    }
  }

  /// Who waits in the MPM leaves its thread idle, and with idle threads the parent starts no
  /// further child, however full of connections this one is. The MPM says so itself in the
  /// scoreboard once it takes no more; we say it earlier, while new clients are still taken.
  void tell_parent(bool is_filling_up) noexcept {
    if (is_filling_up == told_) return;
    for (int slot = 0; slot < max_children_; ++slot) {
      process_score* process = ap_get_scoreboard_process(slot);
      if (process == nullptr || process->pid != getpid()) continue;
      process->not_accepting = is_filling_up ? 1 : 0;
      told_ = is_filling_up;
      return;
    }
  }

  static int hard_limit_of_children() noexcept {
    int limit = 0;
    return ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &limit) == APR_SUCCESS ? limit : 0;
  }

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> watching_{false};
  bool stop_ = false;
  const int max_children_ = hard_limit_of_children();
  bool told_ = false;  // the parent; of the thread alone
  std::thread thread_;
};

apr_status_t stop_watching(void* swept) noexcept {
  static_cast<SweptHandshakes*>(swept)->stop_watching();
  return APR_SUCCESS;
}

/// How many more files and sockets this process may open; nullopt if there is no limit.
std::optional<std::size_t> free_descriptors() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  // The lowest free number: those below are in use.
  const int next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (next < 0) return 0;
  (void)close(next);
  const auto used = static_cast<rlim_t>(next);
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

std::size_t within_descriptors(std::size_t capacity) noexcept {
  const auto free = free_descriptors();
  if (!free) return capacity;
  const std::size_t share = std::max<std::size_t>(*free / limits::kShareOfDescriptors, 1);
  return capacity == 0 ? share : std::min(capacity, share);
}

}  // namespace

std::size_t places_in_doubt() noexcept {
  const auto free = free_descriptors();
  return free ? std::min(limits::kClientsInDoubt, *free / limits::kShareInDoubt)
              : limits::kClientsInDoubt;
}

void start_parking(Generation& generation, std::size_t capacity, apr_pool_t* pchild) {
  if (!mpm_can_wait()) return;
  // Not owned by the pool: a child that is told to stop destroys pchild while its workers still
  // run connections. The process ends right after; only the thread has to be gone before.
  // NOLINTNEXTLINE(*-owning-memory)
  auto* swept = new SweptHandshakes(within_descriptors(capacity), generation.engine.clock());
  generation.engine.parked = swept;
  const std::size_t in_doubt = places_in_doubt();
  generation.engine.in_doubt.limit(in_doubt, in_doubt / limits::kShareOfOneInDoubt);
  apr_pool_cleanup_register(pchild, swept, sealed(stop_watching), apr_pool_cleanup_null);
}

void park_handshake(TlsChannel& channel) noexcept {
  auto& parked = *static_cast<SweptHandshakes*>(channel.engine().parked);
  parked.park(channel.wait, channel.wait.deadline(),
              {.origin = parked.origin_of(channel.transport.peer_address()),
               .has_hello = channel.end().phase() != Phase::hello},
              channel.engine().clock().steady());
  parked.watch();
}

}  // namespace tlsplus
