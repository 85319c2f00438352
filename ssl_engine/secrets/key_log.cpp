// SPDX-License-Identifier: Apache-2.0
//
// KeyLog::write(): one write for each line, appended: lines of several children do not mix.
#include "ssl_engine/secrets/key_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr mode_t kOwnerAlone = 0600;

}  // namespace

Status KeyLog::open(const std::string& path) {
  // Without O_NONBLOCK a pipe that nobody reads, or not fast enough, would hold up the start, or
  // every handshake.
  Descriptor file(::open(path.c_str(),
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                         kOwnerAlone));
  if (!file.is_open()) return Error{.what = text(quote(path), ": ", errno_text(errno))};
  struct stat seen {};
  // Not so a pipe or a device: it is no memory of secrets.
  if (fstat(file.get(), &seen) == 0 && S_ISREG(seen.st_mode) &&
      fchmod(file.get(), kOwnerAlone) != 0) {
    return Error{.what = text(quote(path), ": ", errno_text(errno))};
  }
  file_ = std::move(file);
  return {};
}

void KeyLog::write(std::string_view line) const noexcept {
  std::array<iovec, 2> parts{
      {{const_cast<char*>(line.data()), line.size()}, {const_cast<char*>("\n"), 1}}};
  (void)!writev(file_.get(), parts.data(), parts.size());
}

}  // namespace tlsplus
