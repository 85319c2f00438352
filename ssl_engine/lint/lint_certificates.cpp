// SPDX-License-Identifier: Apache-2.0
//
// CertificateLint: what clients and OpenSSL will say of a certificate. A certificate that clients
// will refuse does not stop the server: it may be one of several, or be renewed in a minute. One
// that OpenSSL refuses does.
#include <algorithm>
#include <optional>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/openssl/x509/validity.h"

namespace tlsplus {
namespace {

void check_validity(const Draft& draft, const DraftCertificate& presented, WallTime now,
                    Findings& findings) {
  const StoredCertificate& leaf = presented.certificate->leaf();
  const Validity validity = validity_at(now, leaf.not_before(), leaf.not_after());
  const auto report = [&](Tp id) {
    findings.add(draft.index,
                 diagnose(id, text(quote(presented.file), ": ", validity.words), presented.where));
  };
  switch (validity.state) {
    case Validity::State::over:
      return report(Tp::certificate_expired);
    case Validity::State::ahead:
      return report(Tp::certificate_not_yet_valid);
    case Validity::State::ends_soon:
      return report(Tp::certificate_expires_soon);
    case Validity::State::good:
      return;
  }
}

void check_chain_validity(const Draft& draft, const DraftCertificate& presented, WallTime now,
                          Findings& findings) {
  STACK_OF(X509)& chain = presented.certificate->chain();
  for (int i = 0; i < sk_X509_num(&chain); ++i) {
    const X509& cert = *sk_X509_value(&chain, i);
    const WallTime begin = not_before_of(cert);
    const WallTime end = not_after_of(cert);
    if (begin <= now && now <= end) continue;
    findings.add(draft.index, diagnose(Tp::chain_expired,
                                       text('"', subject_of(cert), "\", valid from ",
                                            date_text(begin), " to ", date_text(end)),
                                       presented.where));
  }
}

// Clients hold it against the authorities they came with, not against those that were added.
void check_length(const Draft& draft, const DraftCertificate& presented, FolderIssuers& added,
                  Findings& findings) {
  constexpr std::chrono::days kLongest{398};
  const Certificate& certificate = *presented.certificate;
  const StoredCertificate& leaf = certificate.leaf();
  const auto whole = leaf.not_after() - leaf.not_before();
  if (whole <= kLongest || leaf.is_self_issued()) return;
  const int links = sk_X509_num(&certificate.chain());
  const Cert last =
      links == 0 ? leaf.open() : share(*sk_X509_value(&certificate.chain(), links - 1));
  if (last == nullptr || !is_issued_by_system_trust(*last)) return;
  for (const char* folder : {"/usr/local/share/ca-certificates/",      // Debian
                             "/etc/pki/ca-trust/source/anchors/",      // Red Hat
                             "/etc/ca-certificates/trust-source/"}) {  // Arch
    if (added.find(*last, folder) != nullptr) return;
  }
  findings.add(draft.index, diagnose(Tp::validity_too_long,
                                     text(quote(presented.file), ": ",
                                          std::chrono::ceil<std::chrono::days>(whole).count(),
                                          " days, issued by \"", issuer_of(*last),
                                          "\", which this system trusts"),
                                     presented.where));
}

void check_names(const Draft& draft, const DraftCertificate& presented, Findings& findings) {
  const StoredCertificate& leaf = presented.certificate->leaf();
  if (leaf.has_alternative_names()) return;
  std::vector<std::string> names = leaf.names();
  for (std::string& name : names) name = escape(name);
  findings.add(draft.index, diagnose(Tp::certificate_without_names,
                                     text(quote(presented.file), ": common name ",
                                          names.empty() ? "none" : join(names, ", ")),
                                     presented.where));
}

void check_purpose(const Draft& draft, const DraftCertificate& presented, Findings& findings) {
  const StoredCertificate& leaf = presented.certificate->leaf();
  if (leaf.is_ca()) {
    // To open it for its subject would cost more than all the rest of the judging.
    const auto names = leaf.names();
    findings.add(draft.index, diagnose(Tp::certificate_is_ca,
                                       text(quote(presented.file), ": ",
                                            names.empty() ? "no name" : escape(names.front())),
                                       presented.where));
  }
  if (!leaf.may_serve_tls()) {
    findings.add(draft.index,
                 diagnose(Tp::certificate_purpose, quote(presented.file), presented.where));
  }
}

// Who issued itself is trusted for what it is; nobody looks at its signature.
void check_signatures(const Draft& draft, const DraftCertificate& presented, Findings& findings) {
  const auto report = [&](std::string_view digest, const std::string& certificate) {
    if (digest.empty()) return;
    findings.add(draft.index, diagnose(Tp::signature_forgeable, text(certificate, ": ", digest),
                                       presented.where));
  };
  const StoredCertificate& leaf = presented.certificate->leaf();
  if (!leaf.is_self_issued()) report(leaf.forgeable_digest(), quote(presented.file));
  STACK_OF(X509)& chain = presented.certificate->chain();
  for (int i = 0; i < sk_X509_num(&chain); ++i) {
    X509& cert = *sk_X509_value(&chain, i);
    if (!is_self_issued(cert)) {
      report(forgeable_digest_of(cert), text('"', subject_of(cert), '"'));
    }
  }
}

Tp id_of(Acceptance::Verdict verdict) noexcept {
  switch (verdict) {
    case Acceptance::Verdict::key_too_weak:
      return Tp::key_too_weak;
    case Acceptance::Verdict::signature_too_weak:
      return Tp::signature_too_weak;
    case Acceptance::Verdict::unsupported:
      return Tp::key_algorithm_unsupported;
    case Acceptance::Verdict::refused:
    case Acceptance::Verdict::accepted:
      break;
  }
  return Tp::certificate_refused;
}

void check_types(const Draft& draft, Findings& findings) {
  const auto& all = draft.certificates;
  const bool is_eddsa = std::ranges::all_of(all, [](const DraftCertificate& presented) {
    return presented.certificate->leaf().key_type().starts_with("ED");
  });
  if (is_eddsa && !all.empty()) {
    findings.add(draft.index, diagnose(Tp::eddsa_alone,
                                       text(quote(all.front().file), ": ",
                                            all.front().certificate->leaf().key_description()),
                                       all.front().where));
  }
  for (auto later = all.begin(); later != all.end(); ++later) {
    const std::string_view type = later->certificate->leaf().key_type();
    const auto earlier = std::find_if(all.begin(), later, [&](const DraftCertificate& other) {
      return other.certificate->leaf().key_type() == type;
    });
    if (earlier == later) continue;
    findings.add(draft.index,
                 diagnose(Tp::certificates_same_type,
                          text(quote(later->file), " and ", quote(earlier->file), " at ",
                               earlier->where.file, ':', earlier->where.line, " both have ",
                               type.empty() ? "keys of an unknown kind" : text(type, " keys")),
                          later->where));
  }
}

}  // namespace

std::optional<Error> refusal_by_openssl(SSL_CTX& context, const DraftCertificate& presented,
                                        KeyReader& keys) {
  const Certificate& certificate = *presented.certificate;
  const Cert leaf = certificate.leaf().open();
  // A key on a token is not here; the certificate's half of it is what counts.
  const bool is_here = certificate.has_key() && certificate.token() == nullptr;
  const Pkey key = is_here ? certificate.key().open(keys) : nullptr;
  if (leaf == nullptr) {
    return diagnose(Tp::certificate_refused, quote(presented.file), presented.where);
  }
  const Acceptance tried = try_certificate(context, *leaf, certificate.chain(), key.get());
  if (tried.verdict == Acceptance::Verdict::accepted) return std::nullopt;
  return diagnose(id_of(tried.verdict),
                  text(quote(presented.file), ", key ", certificate.leaf().key_description(), ": ",
                       tried.evidence),
                  presented.where);
}

bool CertificateLint::check_acceptance(const Draft& draft, const DraftCertificate& presented,
                                       Findings& findings) {
  if (draft.context == nullptr) return false;
  const Certificate& certificate = *presented.certificate;
  std::string alike =
      text(reinterpret_cast<std::uintptr_t>(draft.context), ' ',
           reinterpret_cast<std::uintptr_t>(&certificate.chain()),
           certificate.has_key() ? " key " : " ", certificate.leaf().strength_key());
  if (accepted_.contains(alike)) return false;
  auto refusal = refusal_by_openssl(*draft.context, presented, keys_);
  if (!refusal) {
    accepted_.insert(std::move(alike));
    return false;
  }
  const bool is_signature = refusal->id == static_cast<MessageId>(Tp::signature_too_weak);
  findings.add(draft.index, std::move(*refusal));
  return is_signature;
}

void CertificateLint::check(const Draft& draft, WallTime now, Findings& findings) {
  for (const DraftCertificate& presented : draft.certificates) {
    check_validity(draft, presented, now, findings);
    check_chain_validity(draft, presented, now, findings);
    check_length(draft, presented, added_, findings);
    check_names(draft, presented, findings);
    check_purpose(draft, presented, findings);
    if (!check_acceptance(draft, presented, findings)) {
      check_signatures(draft, presented, findings);
    }
  }
  check_types(draft, findings);
}

}  // namespace tlsplus
