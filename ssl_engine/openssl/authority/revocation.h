// SPDX-License-Identifier: Apache-2.0
//
// Certificate revocation lists, made (RFC 5280 5), and the names under which OpenSSL looks for
// lists and authorities in a folder.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/authority/issuing.h"

namespace tlsplus {

struct RevokedSerial {
  std::string serial;  // hexadecimal
  WallTime at;
  std::string reason;  // as in `openssl ca`: "keyCompromise"; empty: none given
};

/// The words that name a reason (RFC 5280 5.3.1); those a CA of one's own has no use for left out.
std::span<const std::string_view> revocation_reasons() noexcept;

struct CrlTerms {
  std::uint64_t number = 1;  // grows with each list of an authority
  WallTime made;
  WallTime next;
};

/// As PEM.
Result<std::string> make_crl(std::span<const RevokedSerial> revoked, const CrlTerms& terms,
                             Signer signer);

/// "9d66eef0": the start of the file's name in a folder of authorities (.0) or lists (.r0) of
/// `authority`, see openssl-rehash(1).
std::string folder_hash(const X509& authority);

/// The subject as openssl-ca(1) writes it into its index: "/O=Example/CN=www.example.org".
std::string index_subject(const X509& certificate);

}  // namespace tlsplus
