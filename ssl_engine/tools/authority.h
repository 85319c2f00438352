// SPDX-License-Identifier: Apache-2.0
//
// Authority: a certificate authority in a folder:
//
//   ca.crt       its certificate                       ca.key       its key, mode 0600
//   index.txt    what was issued, see ca_index.h       crlnumber    of the next list, hexadecimal
//   issued/      every certificate, by serial number   ca.crl       the newest list
//   index.txt.attr  for openssl-ca(1) alone
//
// The folder is locked while it is used, so that two commands do not lose each other's entries.
#pragma once

#include <cstdint>
#include <string>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/authority/issuing.h"
#include "ssl_engine/tools/ca_index.h"

namespace tlsplus::tools {

class Authority {
 public:
  /// Makes the folder, which must not exist or be empty, with an authority that is written whole or
  /// not at all. `key_pem` is that of the certificate.
  static Status create(const std::string& folder, X509& certificate, ByteView key_pem);
  /// Reads all of it; `phrase_file` is for an encrypted key, empty: ask.
  static Result<Authority> open(const std::string& folder, const std::string& phrase_file);

  [[nodiscard]] Signer signer() const noexcept { return {certificate_.get(), key_.get()}; }
  [[nodiscard]] X509& certificate() const noexcept { return *certificate_; }
  [[nodiscard]] Index& index() noexcept { return index_; }
  [[nodiscard]] std::string path(std::string_view name) const;

  /// Writes a certificate down, before anybody has it.
  Status record(X509& certificate);
  Status save_index() const;
  /// The number of the next list. The file is moved on.
  Result<std::uint64_t> take_crl_number() const;

 private:
  std::string folder_;
  Descriptor lock_;
  Cert certificate_;
  Pkey key_;
  Index index_;
};

}  // namespace tlsplus::tools
