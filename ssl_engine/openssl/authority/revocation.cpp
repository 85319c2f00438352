// SPDX-License-Identifier: Apache-2.0
//
// make_crl(): a list is filled, sorted by serial number, and signed; folder_hash() is the name that
// X509_LOOKUP_hash_dir(3) looks for.
#include "ssl_engine/openssl/authority/revocation.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/printed.h"
#include "ssl_engine/openssl/x509/trust.h"
#include "ssl_engine/openssl/x509/x509_names.h"

namespace tlsplus {
namespace {

using Integer = Handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using Enumerated = Handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using Time = Handle<ASN1_TIME, ASN1_TIME_free>;
using Revoked = Handle<X509_REVOKED, X509_REVOKED_free>;

constexpr long kVersion2 = 1;  // as lists count

// RFC 5280 5.3.1; the numbers are CRL_REASON_*.
constexpr auto kReasonWords =
    std::to_array<std::string_view>({"unspecified", "keyCompromise", "CACompromise",
                                     "affiliationChanged", "superseded", "cessationOfOperation"});

Time time_of(WallTime at) noexcept {
  return Time(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(at)));
}

Integer integer_of(const std::string& digits) noexcept {
  BIGNUM* number = nullptr;
  if (BN_hex2bn(&number, digits.c_str()) != static_cast<int>(digits.size()) || digits.empty()) {
    BN_free(number);
    return nullptr;
  }
  Integer integer(BN_to_ASN1_INTEGER(number, nullptr));
  BN_free(number);
  return integer;
}

// unspecified is told by leaving it out (RFC 5280 5.3.1).
bool add_reason(X509_REVOKED& entry, std::string_view reason) noexcept {
  for (std::size_t i = 1; i < kReasonWords.size(); ++i) {
    if (kReasonWords[i] != reason) continue;
    const Enumerated value(ASN1_ENUMERATED_new());
    return value != nullptr && ASN1_ENUMERATED_set(value.get(), static_cast<long>(i)) == 1 &&
           X509_REVOKED_add1_ext_i2d(&entry, NID_crl_reason, value.get(), 0, X509V3_ADD_DEFAULT) ==
               1;
  }
  return true;
}

bool add_entry(X509_CRL& list, const RevokedSerial& what) noexcept {
  Revoked entry(X509_REVOKED_new());
  const Integer serial = integer_of(what.serial);
  const Time at = time_of(what.at);
  const bool fine = entry != nullptr && serial != nullptr && at != nullptr &&
                    X509_REVOKED_set_serialNumber(entry.get(), serial.get()) == 1 &&
                    X509_REVOKED_set_revocationDate(entry.get(), at.get()) == 1 &&
                    add_reason(*entry, what.reason) &&
                    X509_CRL_add0_revoked(&list, entry.get()) == 1;
  if (fine) (void)entry.release();
  return fine;
}

bool add_extensions(X509_CRL& list, X509& issuer, std::uint64_t number) noexcept {
  const Integer value(ASN1_INTEGER_new());
  if (value == nullptr || ASN1_INTEGER_set_uint64(value.get(), number) != 1 ||
      X509_CRL_add1_ext_i2d(&list, NID_crl_number, value.get(), 0, X509V3_ADD_DEFAULT) != 1) {
    return false;
  }
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, nullptr, nullptr, &list, 0);
  X509_EXTENSION* const identifier =
      X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid");
  const bool added = identifier != nullptr && X509_CRL_add_ext(&list, identifier, -1) == 1;
  X509_EXTENSION_free(identifier);
  return added;
}

}  // namespace

std::span<const std::string_view> revocation_reasons() noexcept {
  return kReasonWords;
}

Result<std::string> make_crl(std::span<const RevokedSerial> revoked, const CrlTerms& terms,
                             Signer signer) {
  clear_openssl_errors();
  const Crl list(X509_CRL_new());
  const Time made = time_of(terms.made);
  const Time next = time_of(terms.next);
  bool fine =
      list != nullptr && made != nullptr && next != nullptr &&
      X509_CRL_set_version(list.get(), kVersion2) == 1 &&
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(signer.certificate)) == 1 &&
      X509_CRL_set1_lastUpdate(list.get(), made.get()) == 1 &&
      X509_CRL_set1_nextUpdate(list.get(), next.get()) == 1;
  for (const RevokedSerial& what : revoked) fine = fine && add_entry(*list, what);
  fine = fine && add_extensions(*list, *signer.certificate, terms.number) &&
         X509_CRL_sort(list.get()) == 1 &&
         X509_CRL_sign(list.get(), signer.key, signature_digest(*signer.key)) != 0;
  if (!fine) return openssl_error("cannot make the revocation list");
  return printed([&](BIO& out) { return PEM_write_bio_X509_CRL(&out, list.get()) == 1; })
      .value_or(std::string());
}

std::string folder_hash(const X509& authority) {
  std::array<char, 9> words{};  // 32 bits in hexadecimal
  (void)std::snprintf(
      words.data(), words.size(), "%08lx",
      X509_NAME_hash_ex(X509_get_subject_name(&authority), nullptr, nullptr, nullptr));
  return words.data();
}

std::string index_subject(const X509& certificate) {
  return dn_text(*X509_get_subject_name(&certificate), DnFormat::slash).value_or(std::string());
}

}  // namespace tlsplus
