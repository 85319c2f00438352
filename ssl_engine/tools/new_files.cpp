// SPDX-License-Identifier: Apache-2.0
//
// NewFiles: O_TMPFILE where there is it (open(2)); elsewhere a temporary name, with signals held
// back until it is gone again.
#include "ssl_engine/tools/new_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

Error failed(std::string_view what, const std::string& path, int error_number,
             std::string hint = {}) {
  return refusal(text(what, ' ', path, ": ", errno_text(error_number)), std::move(hint));
}

Error taken(const std::string& path) {
  return refusal(text(path, " exists already, and nothing was written"),
                 "name another place with --out, or move the old file away");
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool fill(int file, ByteView content, mode_t mode) noexcept {
  return fchmod(file, mode) == 0 && write_all(file, content) && fsync(file) == 0;
}

std::string temporary_name(const std::string& path) {
  return text(path, '.', getpid(), ".new");
}

Descriptor open_named(const std::string& temporary) noexcept {
  return Descriptor(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
}

// Never in the place of another: EEXIST then. A nameless file gets its name through its descriptor,
// which root may do directly and others where /proc is there; a temporary name is exchanged for it,
// also where a file cannot have two.
bool give_name(int file, const std::string& temporary, const std::string& path) noexcept {
  if (temporary.empty()) {
    if (linkat(file, "", AT_FDCWD, path.c_str(), AT_EMPTY_PATH) == 0) return true;
    if (errno == EEXIST) return false;
    std::array<char, 40> through{};
    (void)std::snprintf(through.data(), through.size(), "/proc/self/fd/%d", file);
    return linkat(AT_FDCWD, through.data(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
  }
  if (renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  return errno != EEXIST && link(temporary.c_str(), path.c_str()) == 0;
}

// A name that lasts: the folder is what has to reach the disk.
void sync_folder(const std::string& path) noexcept {
  const Descriptor folder(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) (void)fsync(folder.get());
}

}  // namespace

SignalsHeld::SignalsHeld() noexcept {
  sigset_t all;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, &before_);
}

SignalsHeld::~SignalsHeld() {
  (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

NewFiles::~NewFiles() {
  for (const Staged& staged : staged_) {
    if (!staged.temporary.empty()) (void)unlink(staged.temporary.c_str());
  }
}

Status NewFiles::add(const std::string& path, ByteView content, mode_t mode) {
  struct stat there {};
  if (lstat(path.c_str(), &there) == 0) return taken(path);
  Staged staged{
      path, {}, Descriptor(open(folder_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600))};
  if (staged.file.is_open()) {
    if (!fill(staged.file.get(), content, mode)) return failed("cannot write", path, errno);
    staged_.push_back(std::move(staged));
    return {};
  }
  if (errno != EOPNOTSUPP && errno != EISDIR) {
    return failed("cannot write", path, errno, "the folder must exist and be writable");
  }
  return add_with_name(std::move(staged), content, mode);
}

Status NewFiles::add_with_name(Staged staged, ByteView content, mode_t mode) {
  if (!held_) held_.emplace();
  staged.temporary = temporary_name(staged.path);
  staged.file = open_named(staged.temporary);
  if (!staged.file.is_open() || !fill(staged.file.get(), content, mode)) {
    const int error_number = errno;
    if (staged.file.is_open()) (void)unlink(staged.temporary.c_str());
    return failed("cannot write", staged.path, error_number);
  }
  staged_.push_back(std::move(staged));
  return {};
}

Status NewFiles::commit() {
  const SignalsHeld held;
  for (std::size_t i = 0; i < staged_.size(); ++i) {
    const Staged& staged = staged_[i];
    if (give_name(staged.file.get(), staged.temporary, staged.path)) continue;
    const int error_number = errno;
    for (std::size_t done = 0; done < i; ++done) (void)unlink(staged_[done].path.c_str());
    if (error_number == EEXIST) return taken(staged.path);
    return failed("cannot write", staged.path, error_number);
  }
  for (const Staged& staged : staged_) sync_folder(staged.path);
  return {};
}

Status replace_file(const std::string& path, ByteView content, mode_t mode) {
  const SignalsHeld held;
  const std::string temporary = temporary_name(path);
  const Descriptor file = open_named(temporary);
  if (!file.is_open()) return failed("cannot write", path, errno);
  if (!fill(file.get(), content, mode) || rename(temporary.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    (void)unlink(temporary.c_str());
    return failed("cannot write", path, error_number);
  }
  sync_folder(path);
  return {};
}

std::string absolute_path(const std::string& path) {
  std::error_code problem;
  const auto whole = std::filesystem::absolute(path, problem);
  return problem ? path : whole.lexically_normal().string();
}

}  // namespace tlsplus::tools
