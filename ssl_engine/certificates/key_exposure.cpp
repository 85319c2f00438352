// SPDX-License-Identifier: Apache-2.0
//
// key_exposure(): by the mode and owner that were seen when the file was read.
#include "ssl_engine/certificates/key_exposure.h"

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::uint32_t kReadableByOthers = 0004;
constexpr std::uint32_t kReadableByGroup = 0040;

}  // namespace

std::optional<Error> key_exposure(const std::string& path, const FileStamp& stamp,
                                  const std::optional<RunAs>& children) {
  const bool by_others = (stamp.mode & kReadableByOthers) != 0;
  const bool by_children =
      children && ((children->uid != 0 && stamp.owner == children->uid) ||
                   (stamp.group == children->gid && (stamp.mode & kReadableByGroup) != 0));
  if (!by_others && !by_children) return std::nullopt;
  return diagnose(
      by_others ? Tp::key_readable_by_others : Tp::key_owned_by_children,
      text(quote(path), " (", permissions_of(stamp), ')'), {},
      by_others ? text("run: chmod 600 ", shell_word(path),
                       "; replace the key if other people have accounts here")
                : text("run: chown root: ", shell_word(path), " && chmod 600 ", shell_word(path)));
}

}  // namespace tlsplus
