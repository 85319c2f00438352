// SPDX-License-Identifier: Apache-2.0
//
// StapleFiles: written beside their place and renamed into it; read without following links and
// without waiting, as the parent, who may be root, reads what its children have written.
#include "ssl_engine/revocation/staple_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::string_view kSuffix = ".ocsp";
constexpr std::string_view kUnfinished = ".unfinished";
constexpr std::chrono::hours kLongestStore{1};  // what is unfinished for longer, nobody finishes

std::string name_of(const Fingerprint& about) {
  return hex(about).append(kSuffix);
}

/// nullopt: the file is not one of ours.
std::optional<Fingerprint> about(std::string_view name) {
  Fingerprint digest{};
  if (!name.ends_with(kSuffix) || name.size() != 2 * digest.size() + kSuffix.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const digits = name.data() + 2 * i;
    const auto read = std::from_chars(digits, digits + 2, digest[i], 16);
    if (read.ec != std::errc() || read.ptr != digits + 2) return std::nullopt;
  }
  return digest;
}

Error failure(std::string_view what, const std::string& path) {
  return {.what = text(quote(path), ": ", what, ": ", errno_text(errno))};
}

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using Entries = std::unique_ptr<DIR, CloseFolder>;

/// Null: it cannot be read.
Entries entries_of(int folder) {
  Descriptor again(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again.is_open()) return nullptr;
  Entries entries(fdopendir(again.get()));
  if (entries != nullptr) (void)again.release();
  return entries;
}

/// What was opened is what stands there, and not what a link there leads to.
bool is_at(std::string path, const struct stat& opened) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && status.st_dev == opened.st_dev &&
         status.st_ino == opened.st_ino;
}

/// Others than the owner may: whether by a group of theirs or an ACL, the first response will tell.
bool may_others_write(const struct stat& folder) noexcept {
  return (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

}  // namespace

Result<StapleFiles> StapleFiles::open(const std::string& folder) {
  if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return failure("cannot be made", folder);
  }
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return failure("cannot be opened", folder);
  return StapleFiles(std::move(opened), folder);
}

std::optional<Bytes> StapleFiles::load(const Fingerprint& about, std::size_t most) const {
  if (!is_open()) return std::nullopt;
  const Descriptor file(openat(folder_.get(), name_of(about).c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size <= 0 || static_cast<std::size_t>(status.st_size) > most) {
    return std::nullopt;
  }
  Bytes response(static_cast<std::size_t>(status.st_size));
  const ssize_t count = read(file.get(), response.data(), response.size());
  if (count != static_cast<ssize_t>(response.size())) return std::nullopt;
  return response;
}

Status StapleFiles::store(const Fingerprint& about, ByteView response,
                          WallTime useful_until) const {
  if (!is_open()) return {};
  const std::string name = name_of(about);
  const std::string unfinished = text(name, '.', getpid(), kUnfinished);
  (void)unlinkat(folder_.get(), unfinished.c_str(), 0);
  const Descriptor file(openat(folder_.get(), unfinished.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               S_IRUSR | S_IWUSR));
  const timespec until{static_cast<std::time_t>(seconds_since_1970(useful_until)), 0};
  const timespec times[] = {until, until};  // NOLINT(*-avoid-c-arrays): futimens(2) wants one
  if (file.is_open() && write_all(file.get(), response) && futimens(file.get(), times) == 0 &&
      fsync(file.get()) == 0 &&
      renameat(folder_.get(), unfinished.c_str(), folder_.get(), name.c_str()) == 0) {
    return {};
  }
  Error error = failure("cannot be written", text(path_, '/', name));
  (void)unlinkat(folder_.get(), unfinished.c_str(), 0);
  return error;
}

Status StapleFiles::give_to(uid_t user, gid_t group) const {
  struct stat status {};
  if (fstat(folder_.get(), &status) != 0) return failure("cannot be looked at", path_);
  if (status.st_uid == user) return {};
  if (status.st_uid == geteuid() && is_at(path_, status) && holds_responses_alone()) {
    if (fchown(folder_.get(), user, group) == 0) return {};
    return failure("cannot be given to the user of the children", path_);
  }
  if (may_others_write(status)) return {};
  return Error{.what = text(quote(path_), " belongs to user ", status.st_uid,
                            ", and that of the children, ", user, ", may not write there"),
               .hint = "let the user of the children write there (chown), or name another folder"};
}

bool StapleFiles::holds_responses_alone() const {
  const auto entries = entries_of(folder_.get());
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is nobody else's
  while (const dirent* const entry = entries == nullptr ? nullptr : readdir(entries.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != ".." && !name.ends_with(kUnfinished) && !about(name)) return false;
  }
  return entries != nullptr;
}

void StapleFiles::tidy(const std::function<bool(const Fingerprint&)>& is_needed,
                       WallTime now) const {
  if (!is_open()) return;
  const auto entries = entries_of(folder_.get());
  if (entries == nullptr) return;
  const auto modified = [&](const char* name) -> std::optional<WallTime> {
    struct stat status {};
    if (fstatat(folder_.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return wall_time(status.st_mtim.tv_sec);
  };
  // NOLINTNEXTLINE(concurrency-mt-unsafe): likewise
  while (const dirent* const entry = readdir(entries.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    const bool is_unfinished = name.ends_with(kUnfinished);
    const auto certificate = about(name);
    if (!is_unfinished && (!certificate || is_needed(*certificate))) continue;
    const auto at = modified(name.data());
    const std::chrono::seconds grace = is_unfinished ? kLongestStore : std::chrono::seconds(0);
    if (at && *at + grace < now) (void)unlinkat(folder_.get(), name.data(), 0);
  }
}

}  // namespace tlsplus
