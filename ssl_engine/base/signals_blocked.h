// SPDX-License-Identifier: Apache-2.0
//
// SignalsBlocked: around the start of a thread of ours in a process whose signals are somebody
// else's.
#pragma once

#include <pthread.h>

#include <csignal>

namespace tlsplus {

/// No signal is delivered to threads started while this lives: they belong to the MPM's.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &saved_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { (void)pthread_sigmask(SIG_SETMASK, &saved_, nullptr); }

 private:
  sigset_t saved_{};
};

}  // namespace tlsplus
