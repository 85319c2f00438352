// SPDX-License-Identifier: Apache-2.0
//
// judge_ocsp(): an answer taken apart by OpenSSL and believed by rules of ours.
// OCSP_basic_verify(3) verifies the signature; who may sign is decided here, since its own way asks
// a store of authorities, in which any of them could answer for the others.
#include "ssl_engine/openssl/ocsp/ocsp_judge.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/ocsp/ocsp_handles.h"
#include "ssl_engine/openssl/ocsp/ocsp_signer.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

constexpr auto kWords = std::to_array<std::string_view>({
    "what came is no OCSP answer",
    "the responder says that it cannot read the request",
    "the responder says that it has an internal error",
    "the responder says: try later",
    "the responder says that requests must be signed",
    "the responder says that it is not authorized to answer",
    "the answer is about other certificates",
    "the answer's signature is wrong",
    "the answer is signed by somebody who may not",
    "the certificate that the answer is signed with is not valid now",
    "the answer is not yet valid",
    "the answer has expired",
    "the answer is older than is allowed",
    "the answer has no nonce",
    "the answer has another nonce, it belongs to another request",
});
static_assert(kWords.size() == static_cast<std::size_t>(OcspFault::nonce_wrong) + 1);

constexpr auto kReasons = std::to_array<std::string_view>(
    {"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded",
     "cessationOfOperation", "certificateHold", "", "removeFromCRL", "privilegeWithdrawn",
     "aACompromise"});

OcspProblem problem(OcspFault fault, std::string_view evidence = {}) {
  const std::string_view words = words_of(fault);
  return {fault, evidence.empty() ? std::string(words) : text(words, ": ", evidence)};
}

std::optional<OcspFault> said_instead(int status) noexcept {
  switch (status) {
    case OCSP_RESPONSE_STATUS_SUCCESSFUL:
      return std::nullopt;
    case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST:
      return OcspFault::malformed;
    case OCSP_RESPONSE_STATUS_INTERNALERROR:
      return OcspFault::internal_error;
    case OCSP_RESPONSE_STATUS_TRYLATER:
      return OcspFault::try_later;
    case OCSP_RESPONSE_STATUS_SIGREQUIRED:
      return OcspFault::sig_required;
    case OCSP_RESPONSE_STATUS_UNAUTHORIZED:
      return OcspFault::unauthorized;
    default:
      return OcspFault::not_ocsp;
  }
}

// The same certificate, named by whatever digest the responder likes.
bool is_about(const OCSP_SINGLERESP& single, const X509& certificate, const X509& issuer) {
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(&single));  // NOLINT(*-const-cast)
  ASN1_OBJECT* algorithm = nullptr;
  if (id == nullptr || OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, id) != 1) {
    return false;
  }
  const EVP_MD* digest = EVP_get_digestbyobj(algorithm);
  if (digest == nullptr) return false;
  const OcspCertId ours(OCSP_cert_to_id(digest, &certificate, &issuer));
  // OCSP_id_cmp(3) compares the names' and keys' digests and the serial numbers.
  return ours != nullptr && OCSP_id_cmp(ours.get(), id) == 0;
}

// RFC 6960 4.4: what is critical and not understood must not be passed over.
template <auto Count, auto Get, class T>
bool has_unknown_critical(T& holder) {
  for (int i = 0; i < Count(&holder); ++i) {
    X509_EXTENSION* extension = Get(&holder, i);
    if (X509_EXTENSION_get_critical(extension) == 0) continue;
    if (OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_id_pkix_OCSP_Nonce) return true;
  }
  return false;
}

std::optional<OcspAnswer> read_single(OCSP_SINGLERESP& single) {
  int reason = -1;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* to = nullptr;
  const int status = OCSP_single_get0_status(&single, &reason, &revoked, &from, &to);
  const auto this_update = moment_of(from);
  if (!this_update) return std::nullopt;
  OcspAnswer answer{.status = status == V_OCSP_CERTSTATUS_GOOD      ? OcspStatus::good
                              : status == V_OCSP_CERTSTATUS_REVOKED ? OcspStatus::revoked
                                                                    : OcspStatus::unknown,
                    .this_update = *this_update,
                    .next_update = moment_of(to)};
  if (to != nullptr && !answer.next_update) return std::nullopt;
  if (answer.status == OcspStatus::revoked) {
    answer.revoked_at = moment_of(revoked);
    answer.reason = reason;
  }
  return answer;
}

std::optional<OcspProblem> untimely(const OcspAnswer& answer, const OcspRules& rules,
                                    WallTime now) {
  if (answer.this_update > now + rules.skew) {
    return problem(OcspFault::not_yet_valid, "thisUpdate " + date_text(answer.this_update));
  }
  if (answer.next_update && *answer.next_update < answer.this_update) {
    return problem(OcspFault::not_ocsp, "nextUpdate is before thisUpdate");
  }
  if (answer.next_update && *answer.next_update + rules.skew < now) {
    return problem(OcspFault::expired, "nextUpdate " + date_text(*answer.next_update));
  }
  if (rules.max_age && answer.this_update < now - *rules.max_age) {
    return problem(OcspFault::too_old, "thisUpdate " + date_text(answer.this_update));
  }
  return std::nullopt;
}

// What the answer says about the certificate; the worst of it, then the newest.
std::variant<OcspAnswer, OcspProblem> said_about(OCSP_BASICRESP& basic, const X509& certificate,
                                                 const X509& issuer) {
  constexpr int kMostLooked = 64;  // some responders answer for a few certificates at once
  std::optional<OcspAnswer> best;
  for (int i = 0; i < OCSP_resp_count(&basic) && i < kMostLooked; ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(&basic, i);
    if (single == nullptr || !is_about(*single, certificate, issuer)) continue;
    if (has_unknown_critical<OCSP_SINGLERESP_get_ext_count, OCSP_SINGLERESP_get_ext>(*single)) {
      return problem(OcspFault::not_ocsp, "it has a critical extension that is not known");
    }
    const auto read = read_single(*single);
    if (!read) return problem(OcspFault::not_ocsp, "its dates cannot be read");
    if (!best || (best->status != OcspStatus::revoked &&
                  (read->status == OcspStatus::revoked || read->this_update > best->this_update))) {
      best = read;
    }
  }
  if (!best) return problem(OcspFault::wrong_certificate);
  return *best;
}

// The nonce in the answer, as the extension has it; nullopt: none.
std::optional<ByteView> nonce_of(OCSP_BASICRESP& basic) {
  const int at = OCSP_BASICRESP_get_ext_by_NID(&basic, NID_id_pkix_OCSP_Nonce, -1);
  X509_EXTENSION* extension = at < 0 ? nullptr : OCSP_BASICRESP_get_ext(&basic, at);
  if (extension == nullptr) return std::nullopt;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  return ByteView(ASN1_STRING_get0_data(value),
                  static_cast<std::size_t>(ASN1_STRING_length(value)));
}

// Not OCSP_check_nonce(3), whose answer for "only asked" is true where it is used as a truth value.
std::optional<OcspProblem> check_nonce(OCSP_BASICRESP& basic, const OcspQuestion* asked,
                                       const OcspRules& rules, bool& is_echoed) {
  if (asked == nullptr || asked->nonce.empty()) {
    if (rules.nonce == NonceUse::require) return problem(OcspFault::nonce_missing);
    return std::nullopt;
  }
  const auto nonce = nonce_of(basic);
  if (!nonce) {
    if (rules.nonce == NonceUse::require) return problem(OcspFault::nonce_missing);
    return std::nullopt;
  }
  // An OCTET STRING within the extension's (RFC 9654 2.1); its length is below 128.
  Bytes wanted{V_ASN1_OCTET_STRING, static_cast<Byte>(asked->nonce.size())};
  wanted.insert(wanted.end(), asked->nonce.begin(), asked->nonce.end());
  if (!std::equal(wanted.begin(), wanted.end(), nonce->begin(), nonce->end())) {
    return problem(OcspFault::nonce_wrong);
  }
  is_echoed = true;
  return std::nullopt;
}

OcspVerdict judge(ByteView response, X509& certificate, X509& issuer, const OcspQuestion* asked,
                  const OcspRules& rules, WallTime now) {
  const Byte* at = response.data();
  const OcspResponse read(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(response.size())));
  if (read == nullptr || at != response.data() + response.size()) {
    return problem(OcspFault::not_ocsp);
  }
  const int status = OCSP_response_status(read.get());
  if (const auto instead = said_instead(status)) return problem(*instead);
  const OcspBasic basic(OCSP_response_get1_basic(read.get()));
  if (basic == nullptr) return problem(OcspFault::not_ocsp, "it is of a kind that is not known");
  if (has_unknown_critical<OCSP_BASICRESP_get_ext_count, OCSP_BASICRESP_get_ext>(*basic)) {
    return problem(OcspFault::not_ocsp, "it has a critical extension that is not known");
  }
  auto said = said_about(*basic, certificate, issuer);
  auto* answer = std::get_if<OcspAnswer>(&said);
  if (answer == nullptr) return said;
  if (const auto fault = unbelievable(*basic, issuer, rules, now)) {
    return problem(fault->fault, fault->words);
  }
  if (auto fault = untimely(*answer, rules, now)) return *std::move(fault);
  if (auto fault = check_nonce(*basic, asked, rules, answer->nonce_echoed)) {
    return *std::move(fault);
  }
  return *answer;
}

}  // namespace

std::string_view words_of(OcspFault fault) noexcept {
  return kWords[static_cast<std::size_t>(fault)];
}

std::string_view revocation_reason(int reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return reason >= 0 && index < kReasons.size() ? kReasons[index] : std::string_view();
}

OcspVerdict judge_ocsp(ByteView response, X509& certificate, X509& issuer,
                       const OcspQuestion* asked, const OcspRules& rules, WallTime now) {
  clear_openssl_errors();
  OcspVerdict verdict = judge(response, certificate, issuer, asked, rules, now);
  clear_openssl_errors();
  return verdict;
}

}  // namespace tlsplus
