// SPDX-License-Identifier: Apache-2.0
//
// TrustStore: whom a host believes about its clients, namely authorities, revocation lists, and the
// names that clients are shown. There is one per distinct content, not per host: a list of 100,000
// revoked certificates exists once. Lists may be replaced while the server runs: then a store is
// made again, of the same authorities and the new lists.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ssl_engine/openssl/x509/revocation_check.h"
#include "ssl_engine/openssl/x509/revocation_list.h"
#include "ssl_engine/openssl/x509/trust.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// All lists of one file or folder. Immutable.
struct RevocationLists {
  std::uint32_t slot = 0;  // its place among those of the snapshot
  std::string path;
  bool is_folder = false;
  Where where{};  // the first line that names it
  std::vector<RevocationList> lists{};
  WallTime taken_at{};  // when they came into force: at the start, or when the file was replaced

  /// Of all lists; zeros if there is none.
  [[nodiscard]] Fingerprint digest() const;
};
using RevocationListsPtr = std::shared_ptr<const RevocationLists>;

/// What a store is made of, but the lists. Immutable.
struct TrustParts {
  std::vector<Cert> authorities{};
  std::string authority_folder;  // looked into when somebody is verified; empty: none
  std::string list_folder;       // likewise
  bool system = false;           // OpenSSL's default authorities, too
  bool partial_chain = false;    // chains may end anywhere
  RevocationCheck check = RevocationCheck::none;
  Fingerprint digest{};  // of everything that is not a list
};

/// Immutable; shared by all hosts with the same content.
struct TrustStore {
  X509Store store;                             // never null
  std::shared_ptr<STACK_OF(X509_NAME)> names;  // null: there is no authority
  // Of everything a client's certificate is held against. A session is good only where it is equal.
  Fingerprint digest{};
  std::shared_ptr<const TrustParts> parts;  // never null; stays when lists are replaced
  RevocationListsPtr file_lists;            // null: none
  RevocationListsPtr folder_lists;
};

/// The same trust, lists aside.
inline bool is_same_trust(const TrustStore* a, const TrustStore* b) noexcept {
  return a == b || (a != nullptr && b != nullptr && a->parts == b->parts);
}

Result<X509Store> make_store(const TrustParts& parts, const RevocationLists* file_lists,
                             const RevocationLists* folder_lists);
/// TrustStore::digest of the two together.
Fingerprint digest_of(const TrustParts& parts, const RevocationLists* file_lists,
                      const RevocationLists* folder_lists);

}  // namespace tlsplus
