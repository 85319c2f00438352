// SPDX-License-Identifier: Apache-2.0
//
// RevocationList: OpenSSL's questions about a list, by the words of RFC 5280.
#include "ssl_engine/openssl/x509/revocation_list.h"

#include <openssl/x509v3.h>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/encode.h"
#include "ssl_engine/openssl/errors.h"

namespace tlsplus {
namespace {

using Number = Handle<ASN1_INTEGER, ASN1_INTEGER_free>;

Number crl_number(const X509_CRL& crl) noexcept {
  Number number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(&crl, NID_crl_number, nullptr, nullptr)));
  clear_openssl_errors();
  return number;
}

std::string_view octets_of(const X509_CRL& crl, int extension) noexcept {
  const int at = X509_CRL_get_ext_by_NID(&crl, extension, -1);
  if (at < 0) return {};
  const ASN1_OCTET_STRING* const octets = X509_EXTENSION_get_data(X509_CRL_get_ext(&crl, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(octets)),
          static_cast<std::size_t>(ASN1_STRING_length(octets))};
}

/// What comes after "5ed36f99."; empty: the name is none of these.
std::string_view end_of_link(std::string_view name) noexcept {
  constexpr std::size_t kHashDigits = 8;
  if (name.size() < kHashDigits + 2 || name[kHashDigits] != '.') return {};
  const std::string_view hash = name.substr(0, kHashDigits);
  if (hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) return {};
  return name.substr(kHashDigits + 1);
}

bool is_number(std::string_view digits) noexcept {
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool is_authority_link(std::string_view name) noexcept {
  return is_number(end_of_link(name));
}

bool is_list_link(std::string_view name) noexcept {
  const std::string_view end = end_of_link(name);
  return end.starts_with('r') && is_number(end.substr(1));
}

std::vector<RevocationList> read_lists(ByteView content, std::vector<std::string>& defects) {
  std::vector<RevocationList> lists;
  for (Crl& crl : read_crls(content, defects)) {
    const Fingerprint digest = sha256(as_bytes(der_of_list(*crl)));
    lists.push_back({std::shared_ptr<X509_CRL>(std::move(crl)), digest});
  }
  return lists;
}

std::optional<RevocationList> parse_list(ByteView der) {
  const unsigned char* at = der.data();
  Crl crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  clear_openssl_errors();
  if (crl == nullptr || at != der.data() + der.size()) return std::nullopt;
  return RevocationList{std::shared_ptr<X509_CRL>(std::move(crl)), sha256(der)};
}

std::string der_of_list(const X509_CRL& crl) {
  return der_of<i2d_X509_CRL>(crl);
}

std::string scope_of(const X509_CRL& crl) {
  const bool is_delta = X509_CRL_get_ext_by_NID(&crl, NID_delta_crl, -1) >= 0;
  return text(is_delta ? "delta " : "whole ", der_of<i2d_X509_NAME>(*X509_CRL_get_issuer(&crl)),
              octets_of(crl, NID_issuing_distribution_point));
}

int compare_age(const X509_CRL& a, const X509_CRL& b) noexcept {
  const Number of_a = crl_number(a);
  const Number of_b = crl_number(b);
  if (of_a != nullptr && of_b != nullptr) return ASN1_INTEGER_cmp(of_a.get(), of_b.get());
  const WallTime at_a = this_update_of(a);
  const WallTime at_b = this_update_of(b);
  return at_a < at_b ? -1 : at_a > at_b ? 1 : 0;
}

std::string number_of(const X509_CRL& crl) {
  const Number number = crl_number(crl);
  if (number == nullptr) return {};
  const Handle<BIGNUM, BN_free> value(ASN1_INTEGER_to_BN(number.get(), nullptr));
  const LibraryMemory<char> digits(value == nullptr ? nullptr : BN_bn2dec(value.get()));
  return digits == nullptr ? std::string() : std::string(digits.get());
}

WallTime this_update_of(const X509_CRL& crl) noexcept {
  return moment_of(X509_CRL_get0_lastUpdate(&crl)).value_or(WallTime{});
}

std::size_t entries_of(X509_CRL& crl) noexcept {
  const int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(&crl));
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

bool names_as_issuer(const X509_CRL& crl, const X509& authority) noexcept {
  return X509_NAME_cmp(X509_CRL_get_issuer(&crl), X509_get_subject_name(&authority)) == 0;
}

bool is_signed_by(X509_CRL& crl, X509& authority) noexcept {
  EVP_PKEY* const key = X509_get0_pubkey(&authority);
  const bool is_so = key != nullptr && X509_CRL_verify(&crl, key) == 1;
  clear_openssl_errors();
  return is_so;
}

}  // namespace tlsplus
