// SPDX-License-Identifier: Apache-2.0
//
// RecordLock: a lock of fcntl(2) over a file in memory. These belong to the process and not to the
// descriptor, so that one made before the fork does for all.
#include "ssl_engine/base/record_lock.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

bool set(int file, short kind) noexcept {
  struct flock whole {};
  whole.l_type = kind;
  whole.l_whence = SEEK_SET;
  return fcntl(file, F_SETLK, &whole) == 0;
}

}  // namespace

Result<RecordLock> RecordLock::make(const char* name) {
  Descriptor file(memfd_create(name, MFD_CLOEXEC));
  if (!file.is_open()) return Error{.what = text("no lock: ", errno_text(errno))};
  return RecordLock(std::move(file));
}

bool RecordLock::take() const noexcept {
  return set(file_.get(), F_WRLCK);
}

void RecordLock::give_up() const noexcept {
  (void)set(file_.get(), F_UNLCK);
}

}  // namespace tlsplus
