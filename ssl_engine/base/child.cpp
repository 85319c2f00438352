// SPDX-License-Identifier: Apache-2.0
//
// Thin by intent; see the header.
#include "ssl_engine/base/child.h"

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace tlsplus {

using std::chrono::milliseconds;

std::string words_for(int error_number) {
  std::array<char, 128> words{};
  return strerror_r(error_number, words.data(), words.size());
}

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

int remaining(Deadline deadline) noexcept {
  const auto left =
      std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return left <= 0 ? 0 : static_cast<int>(left);
}

std::optional<int> wait_until(pid_t process, Deadline deadline) noexcept {
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

void end_group(pid_t process) noexcept {
  (void)kill(-process, SIGTERM);
  if (wait_until(process, std::chrono::steady_clock::now() + kGrace)) {
    (void)kill(-process, SIGKILL);
    return;
  }
  (void)kill(-process, SIGKILL);
  while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace tlsplus
