// SPDX-License-Identifier: Apache-2.0
//
// make_ready_contexts(): one context for each pair of policy and certificates. Hosts of one
// generation with equal policies share one Policy object and certificates are kept by content, so
// that addresses tell pairs apart.
#include "ssl_engine/assembly/certificate_contexts.h"

#include <map>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/server_ssl.h"

namespace tlsplus {
namespace {

using Pair = std::pair<const Policy*, std::vector<const Certificate*>>;

Pair pair_of(const Host& host) {
  Pair pair{host.policy.get(), {}};
  pair.second.reserve(host.certificates.size());
  for (const auto& certificate : host.certificates) pair.second.push_back(certificate.get());
  return pair;
}

}  // namespace

std::shared_ptr<SSL_CTX> make_ready_context(const Host& host, const ContextFactory& factory,
                                            KeyReader& keys) {
  auto made = factory.make(*host.policy, host.trust.get());
  if (!made) return nullptr;
  for (const auto& certificate : host.certificates) {
    // A key on a token is opened by each child, and may go away.
    if (!certificate->has_key() || certificate->token() != nullptr) return nullptr;
    const Cert leaf = certificate->leaf().open();
    const Pkey key = certificate->key().open(keys);
    if (leaf == nullptr || key == nullptr || !present(**made, *leaf, certificate->chain(), *key)) {
      return nullptr;
    }
    // The commands were given to a context without certificates, where OpenSSL takes this for
    // RSA's.
    for (const auto& [command, value] : host.policy->conf_commands) {
      if (equals_ignoring_case(command, "ServerInfoFile")) add_server_info(**made, value);
    }
  }
  return std::move(*made);
}

void make_ready_contexts(std::vector<Host>& hosts, const ContextFactory& factory) {
  std::map<Pair, std::shared_ptr<SSL_CTX>> known;
  KeyReader keys;
  for (Host& host : hosts) {
    if (host.context == nullptr || host.certificates.empty()) continue;
    Pair pair = pair_of(host);
    auto at = known.find(pair);
    if (at == known.end()) {
      if (known.size() == kMostReadyContexts) continue;
      at = known.emplace(std::move(pair), make_ready_context(host, factory, keys)).first;
    }
    host.ready_context = at->second;
  }
}

}  // namespace tlsplus
