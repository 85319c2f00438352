// SPDX-License-Identifier: Apache-2.0
//
// RevocationList: one revocation list with what tells it from others: whose it is and of what, and
// which of two is the newer (RFC 5280 5.2). A list of 100,000 entries is an object of OpenSSL's
// once, however many stores hold it.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/x509/trust.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

struct RevocationList {
  std::shared_ptr<X509_CRL> crl;  // never null; nobody changes it
  Fingerprint digest{};           // of its DER
};

/// Those of a PEM or DER file, in their order; `defects` as read_crls() tells them.
std::vector<RevocationList> read_lists(ByteView content, std::vector<std::string>& defects);
/// Nothing: `der` is not one list, whole and alone.
std::optional<RevocationList> parse_list(ByteView der);
std::string der_of_list(const X509_CRL& crl);

/// Equal for lists of which one replaces the other: of the same issuer, about the same part of its
/// certificates, and both complete or both deltas.
std::string scope_of(const X509_CRL& crl);
/// Negative: `a` is older than `b`. By their numbers; where one has none, by the time they were
/// made.
int compare_age(const X509_CRL& a, const X509_CRL& b) noexcept;
/// Decimal; empty: it has none.
std::string number_of(const X509_CRL& crl);
/// 1970 if there is no time that can be read.
WallTime this_update_of(const X509_CRL& crl) noexcept;
/// "5ed36f99.0", "5ed36f99.r0": names of files in folders where OpenSSL looks for authorities and
/// lists, as openssl-rehash(1) makes them.
bool is_authority_link(std::string_view name) noexcept;
bool is_list_link(std::string_view name) noexcept;

std::size_t entries_of(X509_CRL& crl) noexcept;

/// The list says that it is of this authority; whether it is, is_signed_by() says.
bool names_as_issuer(const X509_CRL& crl, const X509& authority) noexcept;
bool is_signed_by(X509_CRL& crl, X509& authority) noexcept;

}  // namespace tlsplus
