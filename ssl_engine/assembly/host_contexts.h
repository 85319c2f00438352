// SPDX-License-Identifier: Apache-2.0
//
// HostContexts: the contexts of one generation, one for each distinct policy, or for each host
// where another module wants to see every one. What OpenSSL refuses is asked once.
#pragma once

#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/messages/findings.h"

namespace tlsplus {

class HostContexts {
 public:
  /// `factory` must outlive this.
  HostContexts(ContextFactory& factory, bool is_per_host)
      : factory_(factory), is_per_host_(is_per_host) {}

  /// The context of `policy`, which is known by its address; `trust` is what it names. Null if it
  /// has no protocol version, which is for others to tell, or if OpenSSL refuses it.
  Judged<SSL_CTX*> context_for(const ConfiguredHost& host, const Policy& policy,
                               const TrustStore* trust);

  /// All that were made; they have to outlive the pointers that were given.
  std::vector<SslCtx> take() && { return std::move(contexts_); }

 private:
  struct Known {
    SSL_CTX* context = nullptr;
    std::optional<Error> refusal;
  };

  Known make(const Policy& policy, const TrustStore* trust);

  ContextFactory& factory_;
  bool is_per_host_;
  std::unordered_map<const Policy*, Known> known_;
  std::vector<SslCtx> contexts_;
};

}  // namespace tlsplus
