// SPDX-License-Identifier: Apache-2.0
//
// HostChains: where the chain behind a leaf is looked for. A chain that is given is put in order
// and sent; one that is not is looked for among the authorities for clients.
#include "ssl_engine/assembly/host_chains.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/suites.h"
#include "ssl_engine/openssl/x509/token_uri.h"
#include "ssl_engine/openssl/x509/trust.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {
namespace {

std::string subjects_of(const std::vector<X509*>& certificates) {
  std::vector<std::pair<std::string, std::size_t>> counted;
  for (const X509* cert : certificates) {
    if (cert == nullptr) continue;
    std::string subject = text('"', subject_of(*cert), '"');
    const auto known = std::ranges::find(counted, subject, &decltype(counted)::value_type::first);
    if (known == counted.end()) {
      counted.emplace_back(std::move(subject), 1);
    } else {
      ++known->second;
    }
  }
  std::vector<std::string> subjects;
  subjects.reserve(counted.size());
  for (const auto& [subject, times] : counted) {
    subjects.push_back(times == 1 ? subject : text(subject, " (", times, " times)"));
  }
  return join(subjects, ", ");
}

bool has_intermediate(const std::vector<X509*>& certificates) {
  return std::ranges::any_of(certificates,
                             [](X509* cert) { return is_ca(*cert) && !is_self_issued(*cert); });
}

}  // namespace

Judged<ChainFile> HostChains::chain_file_of(const ConfiguredHost& host) {
  const auto& setting = host.config().certificate_chain_file;
  if (!setting.is_set() || !host.input->added_certificates.empty()) return {};
  const Where where = setting.where();
  StoredFile& file = files_.file(*setting, phrases_, {});
  if (file.content == nullptr) {
    return {{}, {diagnose(message_of(file.state.problem), file.state.evidence, where)}};
  }
  const Material& material = file.content->material;
  Judged<ChainFile> found;
  for (const Defect& defect : material.defects) {
    // A damaged key or the like is of no concern here.
    if (defect.part != Defect::Part::pem && defect.part != Defect::Part::certificate) continue;
    const Tp id =
        defect.part == Defect::Part::pem ? Tp::pem_damaged : Tp::certificate_not_decodable;
    found.findings.push_back(diagnose(id, text(quote(file.path), ": ", defect.evidence), where));
  }
  if (!material.certificates.empty()) {
    found.made = {&file, where};
  } else if (found.findings.empty()) {
    found.findings.push_back(diagnose(Tp::chain_not_recognised,
                                      text(quote(file.path), " holds ", kind_words(material.found)),
                                      where));
  }
  return found;
}

Judged<LeafChain> HostChains::chain_for(const SettledHost& host, const CertificateLine& line,
                                        const StoredCertificate& leaf,
                                        const std::vector<StoredCertificate>& own,
                                        const ChainFile& chain) {
  Judged<LeafChain> result;
  std::vector<StoredCertificate> others;
  const auto add_all_but = [&](const std::vector<StoredCertificate>& from, const void* left_out) {
    for (const StoredCertificate& cert : from) {
      if (cert.address() != left_out) others.push_back(cert);
    }
  };
  const Where& where = chain.file == nullptr ? line.where : chain.where;
  if (chain.file == nullptr) {
    // The leaf twice in its own file is a duplicate; once is where it belongs.
    const auto self = std::ranges::find(own, leaf.address(), &StoredCertificate::address);
    for (auto cert = own.begin(); cert != own.end(); ++cert) {
      if (cert != self) others.push_back(*cert);
    }
  } else {
    const auto& from = chain.file->content->material.certificates;
    const auto& files = host.config().certificate_files.entries();
    const bool names_a_leaf = std::ranges::any_of(
        files, [&](const auto& entry) { return entry.value == chain.file->path; });
    add_all_but(from, names_a_leaf && !from.empty() ? from.front().address() : nullptr);
    if (own.size() > 1 && !names_a_leaf) {
      result.findings.push_back(
          diagnose(Tp::chain_ignored,
                   text(own.size() - 1, " certificate(s) in ", quote(shown_file(line.certificate)),
                        "; SSLCertificateChainFile at ", chain.where.file, ':', chain.where.line),
                   line.where,
                   text("remove the line at ", chain.where.file, ':', chain.where.line,
                        "; the certificate file has a chain of its own")));
    }
  }
  const Sent& sent = sent_after(leaf, others);
  const bool has_nothing = sk_X509_num(sent.chain.get()) == 0 && sent.ordered.issuer_missing;
  const Found& found = has_nothing ? found_for(host, leaf) : nothing_found_;
  // Where there is a chain file, what follows in the certificate file is not used.
  const std::string own_file = shown_file(line.certificate);
  append(result.findings, report(leaf, sent, found, where,
                                 {own_file, chain.file == nullptr ? own_file : chain.file->path}));
  result.made.sent = found.chain != nullptr ? found.chain : sent.chain;
  X509* const root = sent.ordered.root != nullptr ? sent.ordered.root : found.root.get();
  if (root != nullptr && sk_X509_num(result.made.sent.get()) == 0 && !leaf.is_self_issued()) {
    result.made.root = share(*root);
  }
  return result;
}

// Where no chain is given OpenSSL looks for one among the authorities for clients, in every
// handshake: control panels write the intermediates there. Here it is looked for once.
const HostChains::Found& HostChains::found_for(const SettledHost& host,
                                               const StoredCertificate& leaf) {
  X509_STORE* store = host.context == nullptr ? nullptr : chain_store_of(*host.context);
  if (store == nullptr && host.trust != nullptr) store = host.trust->store.get();
  const auto [known, is_new] = found_.try_emplace({host.context, store, leaf.issuer_key()});
  Found& found = known->second;
  const Cert opened = is_new && store != nullptr ? leaf.open() : nullptr;
  if (opened == nullptr) return found;
  FoundChain all = find_chain(*store, *opened);
  if (all.chain == nullptr) return found;
  found.has_issuer = all.reaches_root || sk_X509_num(all.chain.get()) != 0;
  found.root = std::move(all.root);
  if (sk_X509_num(all.chain.get()) == 0) return found;
  if (host.context != nullptr) {
    // One the security level forbids would end every handshake.
    Acceptance tried = try_certificate(*host.context, *opened, *all.chain, nullptr);
    if (tried.verdict != Acceptance::Verdict::accepted) {
      found.refusal = std::move(tried.evidence);
      return found;
    }
  }
  found.chain = SharedChain(all.chain.release(), free_chain);
  return found;
}

// Ten thousand leaves of one authority are followed by the same certificates: they are put in
// order once.
const HostChains::Sent& HostChains::sent_after(const StoredCertificate& leaf,
                                               const std::vector<StoredCertificate>& others) {
  std::string key;
  if (others.empty()) {
    key = leaf.is_self_issued() ? "self" : "alone";
  } else {
    for (const StoredCertificate& cert : others) {
      key += as_text(cert.fingerprint());
      // A leaf that came twice is of no use to the others.
      if (cert.fingerprint() == leaf.fingerprint()) key += "leaf";
    }
    key += leaf.is_self_issued() ? 's' : 'i';
    key += leaf.issuer_key();
  }
  const auto [known, is_new] = sent_.try_emplace(std::move(key));
  Sent& sent = known->second;
  if (!is_new) return sent;
  if (others.empty()) {
    sent.ordered.chain.reset(sk_X509_new_null());
    sent.ordered.issuer_missing = !leaf.is_self_issued();
  } else {
    for (const StoredCertificate& cert : others) {
      if (Cert opened = cert.open(); opened != nullptr) sent.others.push_back(std::move(opened));
    }
    if (const Cert opened = leaf.open(); opened != nullptr) {
      sent.ordered = order_chain(*opened, sent.others);
    }
  }
  sent.chain = SharedChain(sent.ordered.chain.release(), free_chain);
  return sent;
}

std::vector<Error> HostChains::report(const StoredCertificate& leaf, const Sent& sent,
                                      const Found& found, const Where& where,
                                      const ShownFiles& files) {
  const OrderedChain& ordered = sent.ordered;
  std::vector<Error> findings;
  const auto report = [&](Tp id, std::string evidence, std::string hint = {}) {
    findings.push_back(diagnose(id, std::move(evidence), where, std::move(hint)));
  };
  if (ordered.reordered) {
    const int links = sk_X509_num(sent.chain.get());
    std::vector<X509*> after(static_cast<std::size_t>(links));
    for (int i = 0; i < links; ++i) {
      after[static_cast<std::size_t>(i)] = sk_X509_value(sent.chain.get(), i);
    }
    const Cert opened = leaf.open();
    report(Tp::chain_order_repaired,
           text("right order: ", subjects_of({opened.get()}), ", ", subjects_of(after)));
  }
  if (!ordered.duplicates.empty()) {
    report(Tp::chain_duplicate, subjects_of(ordered.duplicates));
  }
  if (ordered.root != nullptr) report(Tp::chain_root_dropped, subjects_of({ordered.root}));
  // A chain file with nothing of this certificate's chain is another certificate's.
  if (ordered.issuer_missing && files.chain != files.certificate && !ordered.superfluous.empty() &&
      sk_X509_num(sent.chain.get()) == 0) {
    report(Tp::chain_superfluous,
           text(subjects_of(ordered.superfluous), "; ", quote(files.chain),
                " has nothing that issued ", quote(files.certificate), ", whose issuer is ",
                issuer_evidence(leaf)),
           "remove the line; or name the file with the chain of this certificate");
    return findings;
  }
  if (ordered.issuer_missing && has_intermediate(ordered.superfluous)) {
    report(Tp::chain_gap, text("missing: ", issuer_evidence(leaf),
                               "; not sent: ", subjects_of(ordered.superfluous)));
    return findings;
  }
  if (!ordered.superfluous.empty()) {
    report(Tp::chain_superfluous, subjects_of(ordered.superfluous));
  }
  if (!found.refusal.empty()) {
    report(Tp::chain_intermediate_missing,
           text(issuer_evidence(leaf), "; it is among the authorities for clients, but ",
                found.refusal));
  } else if (ordered.issuer_missing && !found.has_issuer && !is_trusted_issuer_of(leaf)) {
    const Cert opened = leaf.open();
    if (opened == nullptr || names_root_as_issuer(*opened)) return findings;
    const FolderIssuers::Found* const nearby = nearby_.find(*opened, files.certificate);
    if (nearby != nullptr && nearby->is_root) return findings;
    report(Tp::chain_intermediate_missing,
           nearby == nullptr ? issuer_evidence(leaf)
                             : text(issuer_evidence(leaf), ", which is in ", quote(nearby->file)),
           // Nothing can be appended to a token.
           is_token_uri(files.chain) ? std::string()
           : nearby == nullptr
               ? text("append the issuer's certificate to ", quote(files.chain))
               : text("run: cat ", shell_word(nearby->file), " >> ", shell_word(files.chain)));
  }
  return findings;
}

const std::string& HostChains::issuer_evidence(const StoredCertificate& leaf) {
  const auto [known, is_new] = issuer_evidence_.try_emplace(leaf.issuer_key());
  if (!is_new) return known->second;
  if (const Cert opened = leaf.open(); opened != nullptr) {
    known->second = text('"', issuer_of(*opened), '"');
    const auto urls = issuer_urls_of(*opened);
    if (!urls.empty()) known->second += text(", to be had at ", escape(urls.front()));
  }
  return known->second;
}

// Asked once per issuer: looking through the system's certificates takes milliseconds.
bool HostChains::is_trusted_issuer_of(const StoredCertificate& leaf) {
  const auto [known, is_new] = trusted_issuers_.try_emplace(leaf.issuer_key(), false);
  if (!is_new) return known->second;
  const Cert opened = leaf.open();
  known->second = opened != nullptr && is_issued_by_system_trust(*opened);
  return known->second;
}

}  // namespace tlsplus
