// SPDX-License-Identifier: Apache-2.0
//
// Child processes of ours, programs and helpers: what both have in common, which is that they must
// not outlive their use, nor keep the server waiting.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

namespace tlsplus {

using Deadline = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kGrace{500};  // between SIGTERM and SIGKILL

/// strerror(3), for any thread.
std::string words_for(int error_number);

/// In a new process: nothing of the server's signal handling is left.
void default_signals() noexcept;

constexpr Deadline kNoDeadline = Deadline::max();

/// Milliseconds to `deadline`, as poll(2) wants them; 0 once it has passed.
int remaining(Deadline deadline) noexcept;

/// Waits for the end of `process`, not beyond `deadline`; its wait status, nullopt if it is still
/// running.
std::optional<int> wait_until(pid_t process, Deadline deadline) noexcept;

/// Ends `process` and whomever else `whom` names, as kill(2) wants it: the process itself, or its
/// group with a script's children.
void end(pid_t process, pid_t whom) noexcept;
inline void end_group(pid_t process) noexcept {
  end(process, -process);
}

}  // namespace tlsplus
