// SPDX-License-Identifier: Apache-2.0
//
// make_ready_contexts(): contexts that hold their host's certificates already. To hand a
// certificate to an SSL makes OpenSSL prove anew, in every connection, that key and chain fit it
// and are strong enough; a context proves it once. A context takes 1 to 2 ms to make and tens of
// kilobytes, so only the first hosts of a configuration get one: a server with few hosts, where
// connections are many for each, has all of its hosts among them, and one with thousands starts as
// fast as before.
#pragma once

#include <memory>
#include <vector>

#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

/// The most contexts with certificates that one generation makes.
constexpr std::size_t kMostReadyContexts = 32;

/// Fills Host::ready_context for the hosts of the first kMostReadyContexts distinct pairs of policy
/// and certificates; hosts with the same pair share. A host whose certificates OpenSSL does not
/// take stays without, and its handshakes say why.
void make_ready_contexts(std::vector<Host>& hosts, const ContextFactory& factory);
/// One for `host`; null if OpenSSL refuses.
std::shared_ptr<SSL_CTX> make_ready_context(const Host& host, const ContextFactory& factory,
                                            KeyReader& keys);

}  // namespace tlsplus
