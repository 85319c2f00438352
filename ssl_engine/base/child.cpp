// SPDX-License-Identifier: Apache-2.0
//
// The child processes of this process: how they are waited for and ended, with the system's own
// calls.
#include "ssl_engine/base/child.h"

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "ssl_engine/base/deadline.h"

namespace tlsplus {

using std::chrono::milliseconds;

void default_signals() noexcept {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1}) {
    (void)sigaction(number, &standard, nullptr);
  }
  // Last: one that was waiting must not find the server's handler.
  sigset_t none;
  sigemptyset(&none);
  (void)pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

std::optional<int> wait_until(pid_t process, Instant deadline) noexcept {
  constexpr milliseconds kStep{5};
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(process, &status, WNOHANG);
    if (ended == process) return status;
    if (ended < 0 && errno != EINTR) return 0;  // someone else has reaped it
    const int left = remaining(deadline);
    if (left == 0) return std::nullopt;
    (void)poll(nullptr, 0, std::min(left, static_cast<int>(kStep.count())));
  }
}

void end(pid_t process, pid_t whom) noexcept {
  (void)kill(whom, SIGTERM);
  const bool has_ended = wait_until(process, std::chrono::steady_clock::now() + kGrace).has_value();
  // A group may have more members; the number of a process that was waited for may be another's.
  if (whom != process || !has_ended) (void)kill(whom, SIGKILL);
  if (has_ended) return;
  while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace tlsplus
