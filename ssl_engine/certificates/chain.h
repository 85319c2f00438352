// SPDX-License-Identifier: Apache-2.0
//
// order_chain(): the certificates sent after the leaf, put in order: each one issues the one before
// it, no root, nothing twice, nothing that does not belong (RFC 8446 4.4.2). Files come in every
// order, so what was repaired is told, too.
#pragma once

#include <span>
#include <vector>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

struct OrderedChain {
  CertChain chain;  // never null
  bool reordered = false;
  // Borrowed from the input, in its order.
  std::vector<X509*> duplicates;
  std::vector<X509*> superfluous;  // issued nothing that is sent
  X509* root = nullptr;            // self-issued end of the chain, left out
  bool issuer_missing = false;     // no issuer of the leaf among `others`, and it is not its own
};

/// `others` is what came with the leaf, the leaf itself may be among them. No signature is
/// verified: names and key identifiers link certificates, as for a client that builds a path.
OrderedChain order_chain(X509& leaf, std::span<const Cert> others);

}  // namespace tlsplus
