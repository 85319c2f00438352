// SPDX-License-Identifier: Apache-2.0
//
// FolderIssuers: a folder looked through once. A folder may be the one with all certificates of a
// machine, and the path may be a URI: what is no small file with a name like that of a certificate
// is left alone, and so is a crowd.
#include "ssl_engine/certificates/folder_issuers.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "ssl_engine/base/file.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostBytes = 64U << 10U;  // some twenty certificates
constexpr std::size_t kMostFiles = 100;

std::vector<std::string> candidates(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code trouble;
  for (auto at = std::filesystem::directory_iterator(folder, trouble);
       !trouble && at != std::filesystem::directory_iterator(); at.increment(trouble)) {
    const std::string ending = at->path().extension().string();
    if (ending != ".crt" && ending != ".pem" && ending != ".cer") continue;
    found.push_back(at->path().string());
    if (found.size() > kMostFiles) return {};
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

const std::vector<FolderIssuers::Found>& FolderIssuers::folder(const std::string& path) {
  const auto [known, is_new] = folders_.try_emplace(path);
  if (!is_new) return known->second;
  FileReader disk(kMostBytes);
  for (const std::string& file : candidates(path)) {
    if (disk.read(file).problem != FileProblem::none) continue;
    const Material material = reader_.read(disk.content());
    for (const StoredCertificate& cert : material.certificates) {
      if (!cert.is_ca()) continue;
      if (Cert opened = cert.open(); opened != nullptr) {
        known->second.push_back({file, std::move(opened), cert.is_self_issued()});
      }
    }
  }
  return known->second;
}

const FolderIssuers::Found* FolderIssuers::find(X509& leaf, std::string_view path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (!parent.starts_with('/')) return nullptr;
  const auto& all = folder(parent);
  const auto issuer = std::ranges::find_if(
      all, [&](const Found& found) { return has_issued(*found.certificate, leaf); });
  return issuer == all.end() ? nullptr : &*issuer;
}

}  // namespace tlsplus
