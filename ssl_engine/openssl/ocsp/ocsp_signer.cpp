// SPDX-License-Identifier: Apache-2.0
//
// unbelievable(): the answer names its signer by subject or by key; several certificates may fit
// (a renewed responder keeps its name), so each of them is tried.
#include "ssl_engine/openssl/ocsp/ocsp_signer.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

constexpr int kMostCertificates =
    8;  // in an answer, of which one is needed: each costs a signature
constexpr std::size_t kMostShown = 100;

// As OCSP_basic_verify(3) wants certificates: a stack that owns nothing.
inline void free_stack(STACK_OF(X509) * stack) noexcept {
  sk_X509_free(stack);
}
using BorrowedStack = Handle<STACK_OF(X509), free_stack>;

// The responder's ID is this certificate's (RFC 6960 4.2.1).
bool is_named(OCSP_BASICRESP& basic, X509& candidate) {
  const ASN1_OCTET_STRING* key = nullptr;
  const X509_NAME* name = nullptr;
  if (OCSP_resp_get0_id(&basic, &key, &name) != 1) return false;
  if (name != nullptr) return X509_NAME_cmp(name, X509_get_subject_name(&candidate)) == 0;
  std::array<Byte, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (key == nullptr || X509_pubkey_digest(&candidate, EVP_sha1(), digest.data(), &size) != 1) {
    return false;
  }
  const ByteView wanted(ASN1_STRING_get0_data(key),
                        static_cast<std::size_t>(ASN1_STRING_length(key)));
  return std::equal(wanted.begin(), wanted.end(), digest.begin(), digest.begin() + size);
}

// Its key has made the signature. Nothing else is looked at.
bool has_signed(OCSP_BASICRESP& basic, X509& candidate) {
  const BorrowedStack one(sk_X509_new_null());
  if (one == nullptr || sk_X509_push(one.get(), &candidate) == 0) return false;
  return OCSP_basic_verify(&basic, one.get(), nullptr, OCSP_NOINTERN | OCSP_NOVERIFY) == 1;
}

// The issuer has made it, for this purpose (RFC 6960 4.2.2.2).
bool is_delegate(X509& candidate, X509& issuer) {
  if ((X509_get_extension_flags(&candidate) & (EXFLAG_INVALID | EXFLAG_CRITICAL)) != 0)
    return false;
  // All bits are set where there is no such extension: it must be written down.
  const std::uint32_t purposes = X509_get_extended_key_usage(&candidate);
  if (purposes == UINT32_MAX || (purposes & XKU_OCSP_SIGN) == 0) return false;
  if ((X509_get_key_usage(&candidate) & KU_DIGITAL_SIGNATURE) == 0) return false;
  return has_issued(issuer, candidate);
}

}  // namespace

std::optional<OcspProblem> unbelievable(OCSP_BASICRESP& basic, X509& issuer, const OcspRules& rules,
                                        WallTime now) {
  bool is_someone_named = false;
  const auto signed_by = [&](X509& candidate) {
    if (!is_named(basic, candidate)) return false;
    is_someone_named = true;
    return has_signed(basic, candidate);
  };
  if (signed_by(issuer)) return std::nullopt;
  for (const Cert& pinned : rules.pinned) {
    if (signed_by(*pinned)) return std::nullopt;
  }
  const STACK_OF(X509)* sent = OCSP_resp_get0_certs(&basic);
  OcspProblem worst{is_someone_named ? OcspFault::bad_signature : OcspFault::signer_not_allowed,
                    "its certificate is not among those that came along"};
  for (int i = 0; i < sk_X509_num(sent) && i < kMostCertificates; ++i) {
    X509& candidate = *sk_X509_value(sent, i);
    if (!is_named(basic, candidate)) continue;
    const std::string subject = text('"', cut(subject_of(candidate), kMostShown), '"');
    if (!has_signed(basic, candidate)) {
      worst = {OcspFault::bad_signature, subject};
      continue;
    }
    if (!rules.check_signer) return std::nullopt;
    if (!is_delegate(candidate, issuer)) {
      worst = {OcspFault::signer_not_allowed, subject};
      continue;
    }
    const WallTime begin = not_before_of(candidate);
    const WallTime end = not_after_of(candidate);
    if (begin <= now + rules.skew && end + rules.skew >= now) return std::nullopt;
    worst = {OcspFault::signer_expired,
             text(subject, ", ", date_text(begin), " to ", date_text(end))};
  }
  if (worst.fault == OcspFault::bad_signature && worst.words.front() != '"') worst.words.clear();
  return worst;
}

}  // namespace tlsplus
