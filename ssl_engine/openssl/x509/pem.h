// SPDX-License-Identifier: Apache-2.0
//
// PemReader: PEM as people have it (RFC 7468, and the older RFC 1421 headers): Windows line ends, a
// byte order mark, text around the blocks, several blocks in a file. A scanner of our own, because
// a damaged file is worth a line number, and because OpenSSL's reader stops at the first block it
// does not like.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/secret.h"

namespace tlsplus {

struct PemBlock {
  std::string_view label;  // "RSA PRIVATE KEY"; in the text that was given
  std::string headers;     // "Proc-Type: ...\nDEK-Info: ...\n", usually empty
  ByteView der;            // good until the next call of next()
  int line = 0;            // of BEGIN, counted from 1
  std::string damage;      // not empty: what is wrong with it; der is empty then
};

/// Goes from block to block. Not thread safe.
class PemReader {
 public:
  /// `text` and `scratch` outlive the reader; decoded bytes go to `scratch`.
  PemReader(std::string_view text, SecretBytes& scratch) noexcept;

  /// nullopt at the end.
  std::optional<PemBlock> next();

 private:
  std::string_view take_line() noexcept;
  void decode(std::string_view body, PemBlock& block);

  std::string_view rest_;
  SecretBytes* scratch_;
  int line_ = 0;
};

/// True if a BEGIN line is in it; `text` may be binary.
bool looks_like_pem(std::string_view text) noexcept;

}  // namespace tlsplus
