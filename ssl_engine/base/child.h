// SPDX-License-Identifier: Apache-2.0
//
// Child processes of ours, programs and helpers: what both have in common, which is that they must
// not outlive their use, nor keep the server waiting.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "ssl_engine/base/clock.h"

namespace tlsplus {

constexpr std::chrono::milliseconds kGrace{500};  // between SIGTERM and SIGKILL

/// In a new process: nothing of the server's signal handling is left.
void default_signals() noexcept;

/// Waits for the end of `process`, not beyond `deadline`; its wait status, nullopt if it is still
/// running.
std::optional<int> wait_until(pid_t process, Instant deadline) noexcept;

/// Ends `process` and whomever else `whom` names, as kill(2) wants it: the process itself, or its
/// group with a script's children.
void end(pid_t process, pid_t whom) noexcept;
inline void end_group(pid_t process) noexcept {
  end(process, -process);
}

}  // namespace tlsplus
