// SPDX-License-Identifier: Apache-2.0
//
// MachineCertificates: files taken apart into pairs of certificate and key. The position of a key
// in its file says nothing: people write it before its certificate, behind it, or all keys at the
// end. What belongs together is found by the public key.
#include "ssl_engine/certificates/machine_certificates.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/key_exposure.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/key_reader.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/openssl/x509/validity.h"
#include "ssl_engine/openssl/x509/x509_names.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostBytes = 4U << 20U;  // some thousand pairs

bool same_name(const X509_NAME& a, const X509_NAME& b) noexcept {
  return X509_NAME_cmp(&a, &b) == 0;
}

// The subject of each link is the issuer of the one before.
bool leads_to(const MachineCertificate& certificate, const X509_NAME& authority) noexcept {
  if (same_name(issuer_name(*certificate.leaf), authority)) return true;
  for (int i = 0; i < sk_X509_num(certificate.chain.get()); ++i) {
    if (same_name(issuer_name(*sk_X509_value(certificate.chain.get(), i)), authority)) return true;
  }
  return false;
}

std::string named(const X509& certificate) {
  return text('"', subject_of(certificate), '"');
}

std::string without_pass_phrase(const std::string& path, const Material& material) {
  const std::string_view command =
      material.found.has(Kind::pkcs12) ? "openssl pkcs12 -noenc -in " : "openssl pkey -in ";
  return text("write the key without its pass phrase: ", command, shell_word(path),
              " -out NEWFILE; and put that in the place of the encrypted one, in a file that only "
              "root may read");
}

/// Certificates of one file, and which of its keys each fits.
struct Entry {
  StoredCertificate certificate;
  const StoredKey* key = nullptr;  // null: none
};

/// In a folder much may lie that is no certificate: placeholders, archives.
enum class Source : std::uint8_t { named, found };

class MachineReader {
 public:
  explicit MachineReader(const MachineFiles& files)
      : files_(files), made_(std::make_shared<MachineCertificates>()) {}

  Judged<std::shared_ptr<const MachineCertificates>> read();

 private:
  void read_file();
  void read_folder();
  void read_chain_file();
  /// Null: it could not be read.
  std::unique_ptr<Material> open(const std::string& path, const Where& where, Source source);
  void take(const std::string& path, const Where& where, const Material& material);
  std::vector<Entry> entries_of(const std::string& path, const Where& where,
                                const Material& material);
  void add_pair(const Entry& entry, const std::string& path, const Where& where);
  void add_anchor(const StoredCertificate& certificate);
  void judge(const StoredCertificate& leaf, const std::string& path, const Where& where);
  void find_chains();
  void judge_chain(const MachineCertificate& pair, bool reaches_root);
  [[nodiscard]] Fingerprint digest() const;
  void find(Tp id, std::string evidence, const Where& where, std::string hint = {}) {
    findings_.push_back(diagnose(id, std::move(evidence), where, std::move(hint)));
  }

  /// What is no answer to the question whether something can be shown.
  void find_beside(Error finding) { beside_.push_back(std::move(finding)); }

  const MachineFiles& files_;
  std::shared_ptr<MachineCertificates> made_;
  std::vector<Error> findings_;
  std::vector<Error> beside_;
  std::vector<Error> nothing_;  // what there is to say if no pair is found anywhere
  FileReader disk_{kMostBytes};
  MaterialReader materials_;
  KeyReader keys_;
  std::set<Fingerprint> pairs_;          // their leaves
  std::set<Fingerprint> anchors_;        // those that made_ has
  std::set<Fingerprint> outside_dates_;  // links that were told of
  bool has_chain_ = false;               // the chain file has something in it
};

std::unique_ptr<Material> MachineReader::open(const std::string& path, const Where& where,
                                              Source source) {
  const FileState state = disk_.read(path);
  if (state.problem != FileProblem::none) {
    if (source == Source::named || state.problem == FileProblem::unreadable) {
      find(message_of(state.problem), state.evidence, where);
    }
    return nullptr;
  }
  auto material = std::make_unique<Material>(materials_.read(disk_.content(), Keys::all));
  if (material->key || material->locked != nullptr) {
    auto exposed = key_exposure(path, state.stamp, files_.children);
    if (exposed) find_beside(std::move(*exposed).at(where));
  }
  for (const Defect& defect : material->defects) {
    // Parameters are of no use here, and what is no such file at all is told in other words.
    if (defect.part == Defect::Part::file || defect.part == Defect::Part::parameters) continue;
    find(Tp::machine_file_damaged, text(quote(path), ": ", defect.evidence), where);
  }
  return material;
}

// The certificates that the keys of a file fit, and the others, in the order of the file.
std::vector<Entry> MachineReader::entries_of(const std::string& path, const Where& where,
                                             const Material& material) {
  std::vector<Entry> entries;
  for (const StoredCertificate& certificate : material.certificates) {
    const bool is_known = std::ranges::any_of(entries, [&](const Entry& entry) {
      return entry.certificate.address() == certificate.address();
    });
    if (!is_known) entries.push_back({certificate, nullptr});
  }
  const auto pair_up = [&](const StoredKey& key) {
    bool is_used = false;
    for (Entry& entry : entries) {
      if (!fits(entry.certificate, key, keys_)) continue;
      is_used = true;
      if (entry.key == nullptr) entry.key = &key;
    }
    if (is_used) return;
    if (entries.empty()) return find(Tp::machine_key_alone, quote(path), where);
    const Pkey opened = key.open(keys_);
    find(Tp::machine_key_mismatch,
         text(quote(path), ": ",
              opened == nullptr ? std::string("a key") : text("key ", describe_key(*opened)), ", ",
              entries.size(), entries.size() == 1 ? " certificate" : " certificates"),
         where);
  };
  if (material.key) pair_up(material.key);
  for (const StoredKey& key : material.further_keys) pair_up(key);
  return entries;
}

void MachineReader::take(const std::string& path, const Where& where, const Material& material) {
  if (material.locked != nullptr || material.found.has(Kind::encrypted_private_key)) {
    find(Tp::machine_key_encrypted, quote(path), where, without_pass_phrase(path, material));
  }
  std::vector<Entry> entries = entries_of(path, where, material);
  // Of several certificates for one key, an old one and its renewal, the one that lasts longest
  // comes first.
  for (auto first = entries.begin(); first != entries.end(); ++first) {
    if (first->key == nullptr) {
      add_anchor(first->certificate);
      continue;
    }
    const auto others = std::stable_partition(
        first, entries.end(), [key = first->key](const Entry& entry) { return entry.key == key; });
    std::ranges::stable_sort(first, others, std::ranges::greater(),
                             [](const Entry& entry) { return entry.certificate.not_after(); });
    for (; first != others; ++first) add_pair(*first, path, where);
    --first;
  }
}

void MachineReader::add_pair(const Entry& entry, const std::string& path, const Where& where) {
  if (!pairs_.insert(entry.certificate.fingerprint()).second) return;
  Cert leaf = entry.certificate.open();
  Pkey key = entry.key->open(keys_);
  if (leaf == nullptr || key == nullptr) {
    findings_.push_back(openssl_error("OpenSSL cannot load it").at(where));
    return;
  }
  judge(entry.certificate, path, where);
  made_->pairs.push_back({std::move(leaf), std::move(key), nullptr, path});
}

void MachineReader::add_anchor(const StoredCertificate& certificate) {
  if (!anchors_.insert(certificate.fingerprint()).second) return;
  if (Cert opened = certificate.open(); opened != nullptr) {
    made_->anchors.push_back(std::move(opened));
  }
}

void MachineReader::judge(const StoredCertificate& leaf, const std::string& path,
                          const Where& where) {
  const Cert opened = leaf.open();
  const std::string which = text(quote(path), ": ", named(*opened));
  if (!may_be_tls_client(*opened)) find(Tp::machine_certificate_purpose, which, where);
  const Validity validity = validity_at(files_.now, leaf.not_before(), leaf.not_after());
  const auto tell = [&](Tp id) { find(id, text(which, ", ", validity.words), where); };
  switch (validity.state) {
    case Validity::State::over:
      return tell(Tp::machine_certificate_expired);
    case Validity::State::ahead:
      return tell(Tp::machine_certificate_not_yet_valid);
    case Validity::State::ends_soon:
      return tell(Tp::machine_certificate_expires_soon);
    case Validity::State::good:
      return;
  }
}

void MachineReader::read_file() {
  const std::size_t findings = findings_.size();
  const auto material = open(files_.file, files_.file_at, Source::named);
  if (material == nullptr) return;
  take(files_.file, files_.file_at, *material);
  if (findings_.size() != findings) return;
  const bool is_strange = !material->defects.empty();
  nothing_.push_back(
      diagnose(Tp::machine_certificate_none,
               is_strange ? text(quote(files_.file), ": ", material->defects.front().evidence)
                          : text(quote(files_.file), " holds ", kind_words(material->found)),
               files_.file_at));
}

void MachineReader::read_folder() {
  const std::size_t findings = findings_.size();
  std::error_code trouble;
  const auto names = files_in(files_.path, trouble);
  if (trouble) {
    return find(Tp::directory_unreadable, text(quote(files_.path), ": ", trouble.message()),
                files_.path_at);
  }
  for (const std::string& name : names) {
    const std::string path = text(files_.path, '/', name);
    const auto material = open(path, files_.path_at, Source::found);
    if (material != nullptr) take(path, files_.path_at, *material);
  }
  if (findings_.size() != findings) return;
  nothing_.push_back(diagnose(Tp::machine_certificate_none,
                              text(quote(files_.path), ", files: ", names.size()), files_.path_at));
}

void MachineReader::read_chain_file() {
  const std::size_t findings = findings_.size();
  const auto material = open(files_.chain_file, files_.chain_at, Source::named);
  if (material == nullptr) return;
  for (const StoredCertificate& certificate : material->certificates) add_anchor(certificate);
  has_chain_ = !material->certificates.empty();
  if (has_chain_ || findings_.size() != findings) return;
  find(Tp::machine_chain_none,
       text(quote(files_.chain_file), " holds ", kind_words(material->found)), files_.chain_at);
}

// Once here, and not in every handshake. The root is not sent: who trusts it has it.
void MachineReader::find_chains() {
  std::vector<const Cert*> issuers;
  for (const Cert& anchor : made_->anchors) issuers.push_back(&anchor);
  auto store = make_store(issuers, {}, {}, {}, RevocationCheck::none);
  for (MachineCertificate& pair : made_->pairs) {
    FoundChain found;
    if (store) found = find_chain(**store, *pair.leaf);
    if (found.chain == nullptr) {
      Error failure = store ? openssl_error("cannot look for its chain") : store.error();
      findings_.push_back(std::move(failure).at(files_.chain_at));
      found.chain.reset(sk_X509_new_null());
    }
    pair.chain = std::move(found.chain);
    judge_chain(pair, found.reaches_root);
  }
}

void MachineReader::judge_chain(const MachineCertificate& pair, bool reaches_root) {
  const int links = sk_X509_num(pair.chain.get());
  if (links == 0 && !reaches_root && has_chain_ && !is_self_issued(*pair.leaf)) {
    find(Tp::machine_chain_leads_nowhere,
         text(quote(files_.chain_file), "; ", named(*pair.leaf), " in ", quote(pair.file),
              " was issued by \"", issuer_of(*pair.leaf), '"'),
         files_.chain_at);
  }
  for (int i = 0; i < links; ++i) {
    const X509& link = *sk_X509_value(pair.chain.get(), i);
    const Validity validity = validity_at(files_.now, not_before_of(link), not_after_of(link));
    const bool is_outside =
        validity.state == Validity::State::over || validity.state == Validity::State::ahead;
    if (!is_outside || !outside_dates_.insert(fingerprint_of(link)).second) continue;
    find(Tp::machine_chain_expired, text(named(link), ", ", validity.words),
         has_chain_ ? files_.chain_at : files_.file_at);
  }
}

Fingerprint MachineReader::digest() const {
  std::string all;
  const auto add = [&](const Fingerprint& digest) { all += as_text(digest); };
  for (const MachineCertificate& pair : made_->pairs) {
    const int links = sk_X509_num(pair.chain.get());
    all += text('p', links, ':');
    add(fingerprint_of(*pair.leaf));
    add(public_key_fingerprint(*pair.key));
    for (int i = 0; i < links; ++i) add(fingerprint_of(*sk_X509_value(pair.chain.get(), i)));
  }
  all += 'a';
  for (const Cert& anchor : made_->anchors) add(fingerprint_of(*anchor));
  return sha256(as_bytes(all));
}

Judged<std::shared_ptr<const MachineCertificates>> MachineReader::read() {
  if (files_.file.empty() && files_.path.empty() && files_.chain_file.empty()) return {};
  if (!files_.file.empty()) read_file();
  if (!files_.path.empty()) read_folder();
  if (!files_.chain_file.empty()) read_chain_file();
  if (made_->pairs.empty()) append(findings_, std::move(nothing_));
  append(findings_, std::move(beside_));
  find_chains();
  made_->digest = digest();
  return {std::move(made_), std::move(findings_)};
}

}  // namespace

const MachineCertificate* MachineCertificates::choose(const STACK_OF(X509_NAME) *
                                                      authorities) const noexcept {
  if (sk_X509_NAME_num(authorities) <= 0) return pairs.empty() ? nullptr : &pairs.front();
  for (int i = 0; i < sk_X509_NAME_num(authorities); ++i) {
    for (const MachineCertificate& pair : pairs) {
      if (leads_to(pair, *sk_X509_NAME_value(authorities, i))) return &pair;
    }
  }
  return nullptr;
}

Judged<std::shared_ptr<const MachineCertificates>> read_machine_certificates(
    const MachineFiles& files) {
  return MachineReader(files).read();
}

}  // namespace tlsplus
