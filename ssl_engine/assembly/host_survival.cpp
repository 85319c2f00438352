// SPDX-License-Identifier: Apache-2.0
//
// The part of HostCertificates for a restart: a line that names what cannot be used is replaced by
// what the same line named before, and only if nothing is left of a host by all that it had. What
// is wrong is told once for each host, and stops nobody.
#include <algorithm>
#include <iterator>
#include <utility>

#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/last_certificates.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/openssl/x509/token_uri.h"
#include "ssl_engine/openssl/x509/x509_text.h"

namespace tlsplus {
namespace {

/// What explains that something cannot be used; the rest stays.
std::vector<Error> take_reasons(std::vector<Error>& findings) {
  std::vector<Error> reasons;
  const auto rest = std::stable_partition(findings.begin(), findings.end(), [](const Error& found) {
    return !stops_start(found) && found.id != static_cast<MessageId>(Tp::key_not_checked) &&
           found.id != static_cast<MessageId>(Tp::phrase_not_asked_for);
  });
  std::move(rest, findings.end(), std::back_inserter(reasons));
  findings.erase(rest, findings.end());
  return reasons;
}

std::string description_of(const Certificate& certificate) {
  const Cert leaf = certificate.leaf().open();
  return text("the certificate with serial ", leaf == nullptr ? "unknown" : serial_of(*leaf),
              ", valid until ", date_text(certificate.leaf().not_after()));
}

std::string place_of(const Where& where) {
  return where.file.empty() ? std::string() : text(" (", where.file, ':', where.line, ')');
}

/// All reasons in one sentence; the first one's place is the message's.
std::string sentence_of(const std::vector<Error>& reasons) {
  std::vector<std::string> all;
  for (const Error& reason : reasons) {
    const bool is_first = &reason == &reasons.front();
    all.push_back(text(words_of(reason), is_first ? "" : place_of(reason.where)));
  }
  return join(all, "; ");
}

}  // namespace

std::optional<Error> HostCertificates::refusal_of(const SettledHost& host,
                                                  const DraftCertificate& presented) {
  if (host.context == nullptr) return std::nullopt;  // is told, and stops
  return refusal_by_openssl(*host.context, presented, keys_);
}

Judged<std::optional<HostCertificates::OfLine>> HostCertificates::or_last(
    const SettledHost& host, const CertificateLine& line, const ChainFile& chain,
    Judged<std::optional<OfLine>> read) {
  const LastCertificates::One* const last =
      last_->of_lines(digest_of_lines(line.certificate, line.key));
  std::vector<Error> reasons = take_reasons(read.findings);
  bool is_usable = read.made && read.made->certificate.certificate->has_key() && reasons.empty();
  const Material* const material = read.made ? read.made->material : nullptr;
  if (is_usable) {
    // One that was served before needs no trial, unless its settings are others: those are told.
    const Certificate& now = *read.made->certificate.certificate;
    const bool is_known = last != nullptr && last->leaf.fingerprint() == now.fingerprint();
    auto refusal = is_known ? std::nullopt : refusal_of(host, read.made->certificate);
    if (refusal) reasons.push_back(std::move(*refusal));
    is_usable = reasons.empty();
  }
  if (is_usable && !(chain.is_unusable && last != nullptr)) return read;

  // The key is not looked for where there is no certificate, and all is told in one go.
  if (!read.made && !line.key.empty() && line.key != line.certificate && !is_token_uri(line.key)) {
    const StoredFile& key = files_.file(line.key, phrases_, {});
    if (key.content == nullptr) {
      reasons.push_back(
          diagnose(message_of(key.state.problem), key.state.evidence, line.key_where));
    }
  }
  Trouble& trouble = troubles_[host.index];
  append(trouble.reasons, std::move(reasons));
  if (!is_usable) read = {};
  if (last == nullptr) return read;
  DraftCertificate kept{files_.certificate(last->leaf, last->chain, last->key, nullptr,
                                           last->root == nullptr ? nullptr : share(*last->root)),
                        line.where, shown_file(line.certificate), last->lines};
  if (refusal_of(host, kept)) return read;
  trouble.kept.push_back(kept);
  return {OfLine{std::move(kept), material}, {}};
}

void HostCertificates::finish_host(const SettledHost& host, Judged<LoadedCertificates>& all) {
  auto reasons = take_reasons(all.findings);
  if (reasons.empty() && !troubles_.contains(host.index)) return;
  Trouble& trouble = troubles_[host.index];
  trouble.name = host.input->name;
  append(trouble.reasons, std::move(reasons));
  auto& made = all.made.certificates;
  if (made.empty()) {
    for (const LastCertificates::One* last : last_->of_host(host.input->name)) {
      DraftCertificate kept{
          files_.certificate(last->leaf, last->chain, last->key, nullptr,
                             last->root == nullptr ? nullptr : share(*last->root)),
          host.engine_where(), "the one of before the restart", last->lines};
      if (refusal_of(host, kept)) continue;
      trouble.kept.push_back(kept);
      made.push_back(std::move(kept));
    }
  }
  trouble.has_others = !made.empty();
}

HostCertificates::Survived HostCertificates::survived() const {
  Survived all;
  auto troubles = troubles_;
  if (last_ != nullptr) {
    for (auto& [host, error] : mismatches_.explain(files_)) {
      troubles[host].reasons.push_back(std::move(error));
    }
  }
  for (auto& [host, trouble] : troubles) {
    for (const Error& reason : trouble.reasons) all.lines.push_back(reason.where);
    if (trouble.reasons.empty()) continue;
    const Error& first = trouble.reasons.front();
    const Tp id = !trouble.kept.empty() ? Tp::certificate_kept
                  : trouble.has_others  ? Tp::certificate_left_out
                                        : Tp::host_without_certificate;
    const std::string why = sentence_of(trouble.reasons);
    std::vector<std::string> served;
    KeptCertificates kept{host, trouble.name, first.where, why, {}};
    for (const DraftCertificate& one : trouble.kept) {
      served.push_back(description_of(*one.certificate));
      kept.certificates.push_back(one.certificate);
    }
    all.findings.emplace_back(
        host, diagnose(id, served.empty() ? why : text(why, "; served is ", join(served, ", and ")),
                       first.where,
                       text(fix_of(first),
                            "; it is served within seconds then, or after: apachectl graceful")));
    all.kept.push_back(std::move(kept));
  }
  return all;
}

}  // namespace tlsplus
