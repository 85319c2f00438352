// SPDX-License-Identifier: Apache-2.0
//
// RecordLock: what one process of a family has and the others do not, as long as it lives: the
// kernel takes it back when the process ends, however that happens, so that nobody waits for a
// process that was killed, and nothing is left behind in a file system.
#pragma once

#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"

namespace tlsplus {

class RecordLock {
 public:
  /// Before the fork: processes forked later contend for the same lock. `name` is seen in /proc.
  static Result<RecordLock> make(const char* name);

  /// True: this process has it, now or from before. Never waits.
  [[nodiscard]] bool take() const noexcept;
  /// Gives it to whoever takes it next; at the latest, the end of the process does.
  void give_up() const noexcept;

 private:
  explicit RecordLock(Descriptor file) noexcept : file_(std::move(file)) {}

  Descriptor file_;  // of memory
};

}  // namespace tlsplus
