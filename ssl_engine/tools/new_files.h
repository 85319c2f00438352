// SPDX-License-Identifier: Apache-2.0
//
// NewFiles: files that appear whole or not at all, and never in the place of another. Each is first
// written and synced without a name; then all get their names in one go, with signals held back, by
// link(2), which refuses a name that is taken. A full disk, ^C or a crash leaves nothing half
// behind.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"

namespace tlsplus::tools {

/// No signal ends the process while one of these lives; those that came take effect then.
class SignalsHeld {
 public:
  SignalsHeld() noexcept;
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld();

 private:
  sigset_t before_{};
};

/// Not thread safe.
class NewFiles {
 public:
  NewFiles() = default;
  NewFiles(const NewFiles&) = delete;
  NewFiles& operator=(const NewFiles&) = delete;
  ~NewFiles();

  /// Writes `content` for `path`, with exactly `mode`, whatever the umask. Error: the name is
  /// taken, or it could not be written.
  Status add(const std::string& path, ByteView content, mode_t mode);
  /// Gives all of them their names, or none. Error: a name was taken meanwhile.
  Status commit();

 private:
  struct Staged {
    std::string path;
    std::string temporary;  // where the file system knows no nameless files; else empty
    Descriptor file;
  };
  Status add_with_name(Staged staged, ByteView content, mode_t mode);

  std::optional<SignalsHeld> held_;  // once there is a temporary name; given up last
  std::vector<Staged> staged_;
};

/// Replaces the content of a file of ours as a whole: readers see the old or the new one.
Status replace_file(const std::string& path, ByteView content, mode_t mode);

/// The same place without "." and ".." and not relative; the file need not exist.
std::string absolute_path(const std::string& path);

}  // namespace tlsplus::tools
