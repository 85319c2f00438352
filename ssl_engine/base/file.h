// SPDX-License-Identifier: Apache-2.0
//
// FileReader, examine(): small files read whole, the way a server should: never a pipe or a device
// that might not end, never without a limit, into memory that is wiped. What is wrong with a file
// comes back as a value with the evidence an administrator needs: owner, group and mode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/secret.h"

namespace tlsplus {

/// What stat(2) says of a file. Equal stamps of the same path mean the same content, unless the
/// file was written within the clock's grain; `mode` and owner are not part of that.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // of content or attributes
  std::uint32_t mode = 0;        // permission bits only
  std::uint32_t owner = 0;
  std::uint32_t group = 0;

  [[nodiscard]] bool same_content_as(const FileStamp& other) const noexcept {
    return device == other.device && inode == other.inode && size_bytes == other.size_bytes &&
           modified_ns == other.modified_ns && changed_ns == other.changed_ns;
  }
};

enum class FileProblem : std::uint8_t { none, missing, unreadable, not_regular, empty, too_large };

struct FileState {
  FileProblem problem = FileProblem::none;
  std::string evidence;  // "/etc/ssl/a.pem: permission denied (owner root, group root, mode 0600)"
  FileStamp stamp;       // meaningful while problem is none
  // After read(): a later change would show in the stamp. Not so for a file that changed within
  // the grain of the clock before it was read.
  bool is_settled = false;
};

/// Whether a change after `now_ns` shows in a stamp taken before: the last one lies further back
/// than the grain of the kernel's clock.
bool is_settled(const FileStamp& stamp, std::int64_t now_ns) noexcept;

/// What of a path that is not there is missing: the target of a link, or a folder above; begins
/// with
/// "; ". Empty if it is the file alone.
std::string why_missing(const std::string& path);

/// Looks, follows links, opens nothing.
FileState examine(const std::string& path);

/// Reads files one after the other into one piece of secret memory. Not thread safe.
class FileReader {
 public:
  explicit FileReader(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// The content is in content() until the next read() or the reader's end.
  FileState read(const std::string& path);
  [[nodiscard]] ByteView content() const noexcept { return buffer_.reveal().first(used_); }

 private:
  FileState fill(int descriptor, const std::string& path, FileState state);

  SecretBytes buffer_;
  std::size_t used_ = 0;
  std::size_t limit_bytes_;
};

/// The names of what can be read as a file in `directory`, in an order that does not depend on the
/// file system. `trouble` says why there are none.
std::vector<std::string> files_in(const std::string& directory, std::error_code& trouble);

/// "owner www-data, group root, mode 0640"
std::string permissions_of(const FileStamp& stamp);

}  // namespace tlsplus
