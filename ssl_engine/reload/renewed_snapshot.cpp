// SPDX-License-Identifier: Apache-2.0
//
// renewed_snapshot(): trust is made anew once for each store that is shared now, so that hosts that
// shared one share one again. The contexts keep the stores that they were made with, and hand them
// to nobody: each connection is told by whom it is judged (hold_against()).
#include "ssl_engine/reload/renewed_snapshot.h"

#include <map>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/session_binding.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

class TrustRenewal {
 public:
  explicit TrustRenewal(const std::vector<RevocationListsPtr>& lists) : lists_(lists) {}

  /// The same as `before` if no list of it was replaced.
  Result<std::shared_ptr<const TrustStore>> of(const std::shared_ptr<const TrustStore>& before) {
    if (before == nullptr) return before;
    const RevocationListsPtr in_file = now(before->file_lists);
    const RevocationListsPtr in_folder = now(before->folder_lists);
    if (in_file == before->file_lists && in_folder == before->folder_lists) return before;
    auto& known = made_[before.get()];
    if (known != nullptr) return known;
    X509Store& store = stores_[before->store.get()];
    if (store == nullptr) {
      auto made = make_store(*before->parts, in_file.get(), in_folder.get());
      if (!made) return std::move(made).error();
      store = std::move(*made);
    }
    known = std::make_shared<const TrustStore>(
        TrustStore{.store = share(*store),
                   .names = before->names,
                   .digest = digest_of(*before->parts, in_file.get(), in_folder.get()),
                   .parts = before->parts,
                   .file_lists = in_file,
                   .folder_lists = in_folder});
    return known;
  }

 private:
  [[nodiscard]] RevocationListsPtr now(const RevocationListsPtr& before) const {
    return before == nullptr ? nullptr : lists_[before->slot];
  }

  const std::vector<RevocationListsPtr>& lists_;
  std::map<const TrustStore*, std::shared_ptr<const TrustStore>> made_;
  std::map<const X509_STORE*, X509Store> stores_;  // of before, and of now
};

}  // namespace

Result<std::shared_ptr<const Snapshot>> renewed_snapshot(
    const Snapshot& before, std::span<const RevocationListsPtr> replaced) {
  Snapshot::Parts parts = before.parts();
  for (const RevocationListsPtr& lists : replaced) {
    if (lists->slot < parts.lists.size()) parts.lists[lists->slot] = lists;
  }
  TrustRenewal renewal(parts.lists);
  for (Host& host : parts.hosts) {
    auto trust = renewal.of(host.trust);
    if (!trust) return std::move(trust).error();
    if (*trust == host.trust) continue;
    host.trust = std::move(*trust);
    host.session_id_context = session_id_context_of(host);
  }
  for (ProxyTls& proxy : parts.proxies) {
    auto trust = renewal.of(proxy.trust);
    if (!trust) return std::move(trust).error();
    if (*trust == proxy.trust) continue;
    proxy.trust = std::move(*trust);
    proxy.session_digest =
        sha256(as_bytes(text(as_text(proxy.digest), as_text(proxy.trust->digest))));
  }
  return std::make_shared<const Snapshot>(std::move(parts));
}

}  // namespace tlsplus
