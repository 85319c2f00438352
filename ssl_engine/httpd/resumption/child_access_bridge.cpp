// SPDX-License-Identifier: Apache-2.0
//
// children_can_reach(): asked of permission bits only. What an ACL adds or takes is for the kernel
// to know.
#include "ssl_engine/httpd/resumption/child_access_bridge.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {
namespace {

constexpr int kMostGroups = 64;

std::vector<gid_t> groups_of_children() {
  std::array<gid_t, kMostGroups> groups{};
  int count = kMostGroups;
  if (ap_unixd_config.user_name == nullptr ||
      getgrouplist(ap_unixd_config.user_name, ap_unixd_config.group_id, groups.data(), &count) <
          0) {
    return {ap_unixd_config.group_id};
  }
  return {groups.begin(), groups.begin() + count};
}

bool children_may_enter(const struct stat& folder, const std::vector<gid_t>& groups) noexcept {
  if (folder.st_uid == ap_unixd_config.user_id) return (folder.st_mode & S_IXUSR) != 0;
  if (std::ranges::find(groups, folder.st_gid) != groups.end()) {
    return (folder.st_mode & S_IXGRP) != 0;
  }
  return (folder.st_mode & S_IXOTH) != 0;
}

}  // namespace

Status children_can_reach(const char* file, const Where& where) {
  if (file == nullptr || geteuid() != 0 || ap_unixd_config.user_id == 0) return {};
  const std::string path = file;
  const std::vector<gid_t> groups = groups_of_children();
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    struct stat found {};
    if (stat(folder.c_str(), &found) != 0 || children_may_enter(found, groups)) continue;
    FileStamp stamp;
    stamp.mode = found.st_mode & 07777U;
    stamp.owner = found.st_uid;
    stamp.group = found.st_gid;
    const char* user = ap_unixd_config.user_name == nullptr ? "?" : ap_unixd_config.user_name;
    return diagnose(Tp::cache_folder_closed,
                    text(folder, " is not searchable for user ", user, " (", permissions_of(stamp),
                         "), needed for ", path),
                    where, text("chmod o+x ", folder, ", or write: Mutex posixsem ssl-cache"));
  }
  return {};
}

}  // namespace tlsplus
