// SPDX-License-Identifier: Apache-2.0
//
// Presentation: what a host shows of itself: certificates with chains and keys, and what stands
// beside them in their files; and the octets by which the parent hands it to its children, which
// may not read the files. Both make it of the same octets, so that both have the same.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/hosts/snapshot.h"

namespace tlsplus {

struct Presentation {
  std::vector<CertificatePtr> certificates;
  std::shared_ptr<EVP_PKEY> dh_parameters;   // null: automatic
  std::string group;                         // empty: those of the policy
  WallTime since{};                          // taken over; 1970: of the start
  std::vector<CertificateSource> sources{};  // of each certificate; the parent's, in no record
};

Presentation presentation_of(const Host& host);

/// The octets; without `since` they are equal for what is equal. An Error: a key has none.
Result<SecretBytes> record_of(const Presentation& presentation, bool with_since = true);

/// Makes presentations of records, one after the other; chains that are alike are one object, as at
/// the start. Not thread safe.
class PresentationReader {
 public:
  Result<Presentation> read(ByteView record);

 private:
  Result<CertificatePtr> read_certificate(class RecordReader& from);
  SharedChain chain_of(const std::vector<ByteView>& ders);

  KeyReader keys_;
  std::unordered_map<Fingerprint, std::weak_ptr<STACK_OF(X509)>, FingerprintHash> chains_;
};

}  // namespace tlsplus
