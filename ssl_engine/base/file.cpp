// SPDX-License-Identifier: Apache-2.0
//
// FileReader, examine(): one file, opened and judged. Opened without waiting (a FIFO would), judged
// by the descriptor and not by the name, so that nothing changes between the look and the read.
#include "ssl_engine/base/file.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::uint32_t kPermissionBits = 07777;
constexpr std::size_t kNameDatabaseBytes = 4096;  // a passwd or group line; longer: the number

std::int64_t nanoseconds(const timespec& at) noexcept {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  return static_cast<std::int64_t>(at.tv_sec) * kPerSecond + at.tv_nsec;
}

FileStamp stamp_of(const struct stat& status) noexcept {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size_bytes = status.st_size,
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim),
          .mode = status.st_mode & kPermissionBits,
          .owner = status.st_uid,
          .group = status.st_gid};
}

std::string lower_case_reason(int error_number) {
  std::string reason = errno_text(error_number);
  if (!reason.empty()) reason[0] = to_lower(reason[0]);
  return reason;
}

// The file that a link leads to, over others: `path` itself if it is none.
std::string end_of_links(const std::string& path) {
  constexpr int kMostLinks = 8;
  std::filesystem::path at = path;
  for (int i = 0; i < kMostLinks; ++i) {
    std::error_code is_no_link;
    const auto target = std::filesystem::read_symlink(at, is_no_link);
    if (is_no_link) break;
    at = (at.parent_path() / target).lexically_normal();
  }
  return at.string();
}

FileState failed(const std::string& path, int error_number) {
  const bool missing = error_number == ENOENT || error_number == ENOTDIR;
  std::string evidence = text(quote(path), ": ", lower_case_reason(error_number));
  if (missing) evidence += why_missing(path);
  struct stat status {};
  if (!missing && stat(path.c_str(), &status) == 0) {
    evidence += text(" (", permissions_of(stamp_of(status)), ')');
  }
  return {missing ? FileProblem::missing : FileProblem::unreadable, std::move(evidence), {}, false};
}

FileState judged(const std::string& path, const struct stat& status) {
  FileState state{FileProblem::none, {}, stamp_of(status), false};
  if (!S_ISREG(status.st_mode)) {
    state.problem = FileProblem::not_regular;
    state.evidence = text(quote(path), S_ISDIR(status.st_mode)    ? " is a directory"
                                       : S_ISFIFO(status.st_mode) ? " is a named pipe"
                                       : S_ISSOCK(status.st_mode) ? " is a socket"
                                                                  : " is a device");
  } else if (status.st_size == 0) {
    state.problem = FileProblem::empty;
    state.evidence = quote(path);
  }
  return state;
}

// By the clock the kernel takes its time stamps from.
bool is_settled_now(const FileStamp& stamp) noexcept {
  timespec now{};
  return clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0 && is_settled(stamp, nanoseconds(now));
}

std::string octal(std::uint32_t mode) {
  constexpr unsigned kDigits = 4;
  std::string digits(kDigits, '0');
  for (unsigned i = kDigits; i-- > 0; mode >>= 3U) {
    digits[i] = static_cast<char>('0' + (mode & 7U));
  }
  return digits;
}

std::string name_of_user(uid_t id) {
  std::array<char, kNameDatabaseBytes> space{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(id, &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(id);
}

std::string name_of_group(gid_t id) {
  std::array<char, kNameDatabaseBytes> space{};
  group entry{};
  group* found = nullptr;
  if (getgrgid_r(id, &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
    return found->gr_name;
  }
  return std::to_string(id);
}

}  // namespace

std::string why_missing(const std::string& path) {
  for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const bool is_whole = end == std::string::npos;
    const std::string part = path.substr(0, end);
    struct stat status {};
    if (stat(part.c_str(), &status) != 0) {
      if (errno == ELOOP) {
        return text("; the links from ", is_whole ? std::string("it") : quote(part),
                    " go round in a circle");
      }
      const std::string target = end_of_links(part);
      if (target != part) {
        return text("; ", is_whole ? std::string("it") : quote(part), " is a link to ",
                    quote(target), ", which is not there");
      }
      return is_whole ? std::string() : text("; there is no folder ", quote(part));
    }
    if (is_whole) return {};
  }
}

bool is_settled(const FileStamp& stamp, std::int64_t now_ns) noexcept {
  constexpr std::int64_t kGrain = 20'000'000;  // ns; two ticks of the slowest kernel (HZ=100)
  return stamp.changed_ns + kGrain < now_ns;
}

FileState examine(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return failed(path, errno);
  return judged(path, status);
}

FileState FileReader::read(const std::string& path) {
  used_ = 0;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return failed(path, errno);
  struct stat status {};
  FileState state = fstat(descriptor, &status) == 0 ? judged(path, status) : failed(path, errno);
  state.is_settled = is_settled_now(state.stamp);
  if (state.problem == FileProblem::none) state = fill(descriptor, path, std::move(state));
  close(descriptor);
  return state;
}

FileState FileReader::fill(int descriptor, const std::string& path, FileState state) {
  const auto size = static_cast<std::size_t>(state.stamp.size_bytes);
  if (size > limit_bytes_) {
    state.problem = FileProblem::too_large;
    state.evidence = text(quote(path), " has ", size, " bytes");
    return state;
  }
  if (buffer_.size() < size) buffer_ = SecretBytes(size);
  while (used_ < size) {
    const ssize_t got = ::read(descriptor, buffer_.reveal().data() + used_, size - used_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) break;  // it was cut short meanwhile: what is there is judged by its content
    used_ += static_cast<std::size_t>(got);
  }
  return state;
}

std::vector<std::string> files_in(const std::string& directory, std::error_code& trouble) {
  std::vector<std::string> names;
  for (auto at = std::filesystem::directory_iterator(directory, trouble);
       !trouble && at != std::filesystem::directory_iterator(); at.increment(trouble)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string permissions_of(const FileStamp& stamp) {
  return text("owner ", name_of_user(stamp.owner), ", group ", name_of_group(stamp.group),
              ", mode ", octal(stamp.mode));
}

}  // namespace tlsplus
