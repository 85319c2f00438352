// SPDX-License-Identifier: Apache-2.0
//
// TrustStore: what it is made of, put together. Lists and authorities are shared by reference.
#include "ssl_engine/trust/trust_store.h"

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

void append(std::vector<X509_CRL*>& to, const RevocationLists* lists) {
  if (lists == nullptr) return;
  for (const RevocationList& list : lists->lists) to.push_back(list.crl.get());
}

Fingerprint digest_of(const RevocationLists* lists) {
  return lists == nullptr ? Fingerprint{} : lists->digest();
}

}  // namespace

Fingerprint RevocationLists::digest() const {
  if (lists.empty()) return {};
  std::string all;
  for (const RevocationList& list : lists) all += as_text(list.digest);
  return sha256(as_bytes(all));
}

Result<X509Store> make_store(const TrustParts& parts, const RevocationLists* file_lists,
                             const RevocationLists* folder_lists) {
  std::vector<X509_CRL*> lists;
  append(lists, file_lists);
  append(lists, folder_lists);
  std::vector<const Cert*> authorities;
  authorities.reserve(parts.authorities.size());
  for (const Cert& authority : parts.authorities) authorities.push_back(&authority);
  auto made =
      make_store(authorities, lists, parts.authority_folder, parts.list_folder, parts.check);
  if (!made) return made;
  Status added;
  if (parts.system) added = add_default_authorities(**made);
  if (added && parts.partial_chain) added = accept_partial_chains(**made);
  if (!added) return std::move(added).error();
  return made;
}

Fingerprint digest_of(const TrustParts& parts, const RevocationLists* file_lists,
                      const RevocationLists* folder_lists) {
  const Fingerprint in_file = digest_of(file_lists);
  const Fingerprint in_folder = digest_of(folder_lists);
  return sha256(as_bytes(text(as_text(parts.digest), as_text(in_file), as_text(in_folder))));
}

}  // namespace tlsplus
