// SPDX-License-Identifier: Apache-2.0
//
// order_chain(): from a leaf to its issuer, and on. Chains have two or three links, so looking
// through all candidates for each is cheap.
#include "ssl_engine/certificates/chain.h"

#include <cstddef>
#include <optional>

#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

enum class Fate : unsigned char { open, used, duplicate };

std::vector<Fate> without_duplicates(X509& leaf, std::span<const Cert> others,
                                     OrderedChain& ordered) {
  std::vector<Fate> fates(others.size(), Fate::open);
  for (std::size_t i = 0; i < others.size(); ++i) {
    bool seen = same_certificate(leaf, *others[i]);
    for (std::size_t j = 0; j < i && !seen; ++j) seen = same_certificate(*others[j], *others[i]);
    if (!seen) continue;
    fates[i] = Fate::duplicate;
    ordered.duplicates.push_back(others[i].get());
  }
  return fates;
}

std::optional<std::size_t> find_issuer(X509& cert, std::span<const Cert> others,
                                       const std::vector<Fate>& fates) {
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (fates[i] == Fate::open && may_issue(*others[i], cert)) return i;
  }
  return std::nullopt;
}

}  // namespace

OrderedChain order_chain(X509& leaf, std::span<const Cert> others) {
  OrderedChain ordered;
  ordered.chain.reset(sk_X509_new_null());
  auto fates = without_duplicates(leaf, others, ordered);

  X509* last = &leaf;
  std::size_t furthest = 0;
  while (!is_self_issued(*last)) {
    const auto at = find_issuer(*last, others, fates);
    if (!at) {
      ordered.issuer_missing = last == &leaf;
      break;
    }
    fates[*at] = Fate::used;
    if (*at < furthest) ordered.reordered = true;
    furthest = *at;
    last = others[*at].get();
    if (is_self_issued(*last)) {
      ordered.root = last;
    } else {
      X509_up_ref(last);
      sk_X509_push(ordered.chain.get(), last);
    }
  }
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (fates[i] == Fate::open) ordered.superfluous.push_back(others[i].get());
  }
  return ordered;
}

}  // namespace tlsplus
