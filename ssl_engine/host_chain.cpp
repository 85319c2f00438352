// SPDX-License-Identifier: Apache-2.0
//
// The chain part of HostCertificates: where the certificates after the leaf come from, and what
// to say about the state they are in.
#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/chain.h"
#include "ssl_engine/host_certificates.h"
#include "ssl_engine/token_uri.h"

namespace tlsplus {
namespace {

std::string subjects_of(const std::vector<X509*>& certificates) {
  std::vector<std::string> subjects;
  subjects.reserve(certificates.size());
  for (const X509* cert : certificates) subjects.push_back(text('"', subject_of(*cert), '"'));
  return join(subjects, ", ");
}

bool has_intermediate(const std::vector<X509*>& certificates) {
  return std::ranges::any_of(certificates,
                             [](X509* cert) { return is_ca(*cert) && !is_self_issued(*cert); });
}

std::string issuer_evidence(X509& leaf) {
  std::string evidence = text('"', issuer_of(leaf), '"');
  const auto urls = issuer_urls_of(leaf);
  if (!urls.empty()) evidence += text(", to be had at ", escape(urls.front()));
  return evidence;
}

}  // namespace

HostCertificates::Chain HostCertificates::chain_of(Draft& draft) {
  const auto& setting = draft.config().certificate_chain_file;
  if (!setting.is_set() || !draft.input->added_certificates.empty()) return {};
  const Where where = setting.where();
  StoredFile& file = store_.file(*setting, phrases_, {});
  if (file.content == nullptr) {
    findings_.add(draft.index,
                  diagnose(message_of(file.state.problem), file.state.evidence, where));
    return {};
  }
  const Material& material = file.content->material;
  for (const Defect& defect : material.defects) {
    const Tp id = defect.part == Defect::Part::pem           ? Tp::pem_damaged
                  : defect.part == Defect::Part::certificate ? Tp::certificate_not_decodable
                                                             : Tp::chain_not_recognised;
    findings_.add(draft.index, diagnose(id, text(quote(file.path), ": ", defect.evidence), where));
  }
  if (material.certificates.empty() && material.defects.empty()) {
    findings_.add(draft.index,
                  diagnose(Tp::chain_not_recognised,
                           text(quote(file.path), " holds ", words_for(material.found)), where));
  }
  return {&file, where};
}

CertChain HostCertificates::chain_for(const Draft& draft, const Line& line, X509& leaf,
                                      const std::vector<Cert>& own, const Chain& chain) {
  std::vector<Cert> others;
  const auto add_all_but = [&](const std::vector<Cert>& from, const X509* left_out) {
    for (const Cert& cert : from) {
      if (cert.get() != left_out) others.push_back(share(*cert));
    }
  };
  const Where& where = chain.file == nullptr ? line.where : chain.where;
  if (chain.file == nullptr) {
    // The leaf twice in its own file is a duplicate; once is where it belongs.
    const auto self = std::ranges::find_if(own, [&](const Cert& c) { return c.get() == &leaf; });
    for (auto cert = own.begin(); cert != own.end(); ++cert) {
      if (cert != self) others.push_back(share(**cert));
    }
  } else {
    const auto& from = chain.file->content->material.certificates;
    const auto& files = draft.config().certificate_files.entries();
    const bool names_a_leaf = std::ranges::any_of(
        files, [&](const auto& entry) { return entry.value == chain.file->path; });
    add_all_but(from, names_a_leaf && !from.empty() ? from.front().get() : nullptr);
    if (own.size() > 1 && !names_a_leaf) {
      findings_.add(
          draft.index,
          diagnose(Tp::chain_ignored,
                   text(own.size() - 1, " certificate(s) in ", quote(shown_file(line.certificate)),
                        "; SSLCertificateChainFile at ", chain.where.file, ':', chain.where.line),
                   line.where));
    }
  }
  OrderedChain ordered = order_chain(leaf, others);
  report_chain(draft, leaf, ordered, where);
  return std::move(ordered.chain);
}

void HostCertificates::report_chain(const Draft& draft, X509& leaf, const OrderedChain& ordered,
                                    const Where& where) {
  const auto report = [&](Tp id, std::string evidence) {
    findings_.add(draft.index, diagnose(id, std::move(evidence), where));
  };
  if (ordered.reordered) {
    const int links = sk_X509_num(ordered.chain.get());
    std::vector<X509*> sent(static_cast<std::size_t>(links));
    for (int i = 0; i < links; ++i) {
      sent[static_cast<std::size_t>(i)] = sk_X509_value(ordered.chain.get(), i);
    }
    report(Tp::chain_order_repaired,
           text("right order: ", subjects_of({&leaf}), ", ", subjects_of(sent)));
  }
  if (!ordered.duplicates.empty()) {
    report(Tp::chain_duplicate, subjects_of(ordered.duplicates));
  }
  if (ordered.root != nullptr) report(Tp::chain_root_dropped, subjects_of({ordered.root}));
  if (ordered.issuer_missing && has_intermediate(ordered.superfluous)) {
    report(Tp::chain_gap, text("missing: ", issuer_evidence(leaf),
                               "; not sent: ", subjects_of(ordered.superfluous)));
    return;
  }
  if (!ordered.superfluous.empty()) {
    report(Tp::chain_superfluous, subjects_of(ordered.superfluous));
  }
  if (ordered.issuer_missing && !is_trusted_issuer_of(leaf)) {
    report(Tp::chain_intermediate_missing, issuer_evidence(leaf));
  }
}

// Asked once per issuer: looking through the system's certificates takes milliseconds.
bool HostCertificates::is_trusted_issuer_of(X509& leaf) {
  const auto [known, is_new] = trusted_issuers_.emplace(issuer_of(leaf), false);
  if (is_new) known->second = is_issued_by_system_trust(leaf);
  return known->second;
}

}  // namespace tlsplus
