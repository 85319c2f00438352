// SPDX-License-Identifier: Apache-2.0
//
// ModuleCertificates: collected through the hooks, host by host. A host that gets a certificate
// from nobody else is offered a fallback, with which it answers 503.
#include "ssl_engine/httpd/startup/module_certificates.h"

#include <optional>

#include "ssl_engine/httpd/modules/peer_hooks.h"
#include "ssl_engine/httpd/startup/managed_domains.h"

namespace tlsplus {
namespace {

std::vector<std::pair<std::string, std::string>> pairs_of(const apr_array_header_t& certificates,
                                                          const apr_array_header_t& keys) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int i = 0; i < certificates.nelts; ++i) {
    const char* certificate = APR_ARRAY_IDX(&certificates, i, const char*);
    const char* key = i < keys.nelts ? APR_ARRAY_IDX(&keys, i, const char*) : certificate;
    pairs.emplace_back(certificate, key);
  }
  return pairs;
}

}  // namespace

void ModuleCertificates::add_to(std::vector<HostInput>& hosts, apr_pool_t* scratch) const {
  const bool may_follow = !has_collected_ && modules_bring_certificates();
  std::optional<ManagedDomains> managed;
  if (may_follow && only_mod_md_brings_certificates()) managed.emplace(scratch);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].added_certificates = brought_[i].files;
    hosts[i].only_fallback_certificates = brought_[i].is_fallback;
    hosts[i].certificate_may_follow = may_follow;
    hosts[i].nobody_brings_one = managed && !managed->cover(*servers_[i]);
  }
}

bool ModuleCertificates::collect(const Snapshot& snapshot, apr_pool_t* pool) {
  has_collected_ = true;
  bool any = false;
  for (const Host& host : snapshot.hosts()) {
    if (!host.engine) continue;
    server_rec& server = *servers_[host.index];
    Brought& brought = brought_[host.index];
    apr_array_header_t* certificates = apr_array_make(pool, 1, sizeof(const char*));
    apr_array_header_t* keys = apr_array_make(pool, 1, sizeof(const char*));
    add_certificates_from_modules(server, pool, *certificates, *keys);
    if (certificates->nelts == 0 && host.certificates.empty()) {
      add_fallback_from_modules(server, pool, *certificates, *keys);
      brought.is_fallback = certificates->nelts != 0;
    }
    brought.files = pairs_of(*certificates, *keys);
    any = any || !brought.files.empty() || host.certificates.empty();
  }
  return any;
}

}  // namespace tlsplus
