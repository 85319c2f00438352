// SPDX-License-Identifier: Apache-2.0
//
// renewed_snapshot(): trust is made anew once for each store that is shared now, so that hosts that
// shared one share one again. The contexts keep the stores that they were made with, and hand them
// to nobody: each connection is told by whom it is judged (hold_against()).
#include "ssl_engine/reload/renewed_snapshot.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ssl_engine/assembly/certificate_contexts.h"
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

/// Contexts with certificates in them, one for all hosts of a policy that show the same.
class ReadyContexts {
 public:
  ReadyContexts(const ContextFactory& factory, KeyReader& keys) : factory_(factory), keys_(keys) {}

  /// Null: its handshakes put the certificates into each SSL. So it is where commands of the
  /// configuration read files, which only the parent may do.
  std::shared_ptr<SSL_CTX> of(const Host& host) {
    if (!host.policy->conf_commands.empty()) return nullptr;
    auto& known = made_[host.policy.get()];
    if (known == nullptr) known = make_ready_context(host, factory_, keys_);
    return known;
  }

 private:
  const ContextFactory& factory_;
  KeyReader& keys_;
  std::map<const Policy*, std::shared_ptr<SSL_CTX>> made_;
};

void renew_presentation(Hosts& hosts, const RenewedHosts& renewed, const ContextFactory& contexts,
                        KeyReader& keys) {
  ReadyContexts ready(contexts, keys);
  for (const std::uint32_t index : renewed.hosts) {
    Host host = hosts[index];
    host.certificates = renewed.presentation.certificates;
    host.certificate_sources = renewed.presentation.sources;
    host.dh_parameters = renewed.presentation.dh_parameters;
    host.group = renewed.presentation.group;
    host.certificates_since = renewed.presentation.since;
    if (host.ready_context != nullptr) host.ready_context = ready.of(host);
    hosts.replace(index, std::move(host));
  }
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> renewed_snapshot(const Snapshot& before,
                                                         const Renewal& renewed,
                                                         const ContextFactory& contexts) {
  Snapshot::Parts parts = before.parts();
  KeyReader keys;
  for (const RenewedHosts& each : renewed.hosts) {
    renew_presentation(parts.hosts, each, contexts, keys);
    // What could not be used at the restart is right now.
    std::erase_if(parts.kept, [&](const KeptCertificates& kept) {
      return std::ranges::find(each.hosts, kept.host) != each.hosts.end();
    });
  }
  if (renewed.lists.empty()) return std::make_shared<const Snapshot>(std::move(parts));
  for (const RevocationListsPtr& lists : renewed.lists) {
    if (lists->slot < parts.lists.size()) parts.lists[lists->slot] = lists;
  }
  TrustRenewal renewal(parts.lists);
  for (std::size_t i = 0; i < parts.hosts.size(); ++i) {
    auto trust = renewal.of(parts.hosts[i].trust);
    if (!trust) return std::move(trust).error();
    if (*trust == parts.hosts[i].trust) continue;
    Host host = parts.hosts[i];
    host.trust = std::move(*trust);
    host.session_id_context = session_id_context_of(host);
    parts.hosts.replace(i, std::move(host));
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
