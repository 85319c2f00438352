// SPDX-License-Identifier: Apache-2.0
//
// Two ways to recognise a file: by what stat(2) says of it, which saves reading it, and by the
// digest of its content, which saves parsing it and asking for its pass phrase.
#include "ssl_engine/certificate_store.h"

#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMaxFileBytes = 4U << 20U;  // a bundle of every public CA is a tenth of it

bool is_uri(std::string_view path) noexcept {
  return path.starts_with("pkcs11:") || path.starts_with("file:");
}

std::string key_of(const Fingerprint& digest) {
  return std::string(as_text(digest));
}

void append_pointer(std::string& key, const void* pointer) {
  key.append(reinterpret_cast<const char*>(&pointer), sizeof pointer);
}

class OnePin final : public PinSource {
 public:
  OnePin(PassPhrases& phrases, KeyLabel label) : phrases_(phrases), label_(std::move(label)) {
    label_.is_pin = true;
  }

  SecretBytes pin() override {
    auto given = phrases_.pin(label_);
    if (given) return std::move(*given);
    failure_ = std::move(given).error();
    return {};
  }
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  PassPhrases& phrases_;
  KeyLabel label_;
  std::optional<Error> failure_;
};

}  // namespace

CertificateStore::CertificateStore() : disk_(kMaxFileBytes) {}
CertificateStore::~CertificateStore() = default;

void CertificateStore::begin() {
  reader_ = nullptr;
  for (auto& [path, entry] : files_) {
    entry.used = false;
    if (entry.file.content != nullptr) entry.file.content->lock_failure.reset();
  }
}

// The reader that knows every certificate there is. Not made before something new turns up:
// after a restart nothing does, as a rule.
MaterialReader& CertificateStore::reader() {
  if (reader_ != nullptr) return *reader_;
  reader_ = std::make_unique<MaterialReader>();
  for (const auto& [path, entry] : files_) {
    if (entry.file.content == nullptr) continue;
    for (const Cert& cert : entry.file.content->material.certificates) {
      (void)reader_->intern(share(*cert));
    }
  }
  return *reader_;
}

void CertificateStore::finish() {
  std::erase_if(files_, [](const auto& known) { return !known.second.used; });
  std::erase_if(contents_, [](const auto& known) { return known.second.expired(); });
  std::erase_if(certificates_, [](const auto& known) { return known.second.expired(); });
  reader_ = nullptr;  // its shared certificates live where they are used
}

StoredFile& CertificateStore::file(std::string_view path, PassPhrases& phrases,
                                   const KeyLabel& label) {
  Entry& entry = files_[std::string(path)];
  if (entry.used) return entry.file;
  entry.used = true;
  entry.file.path = path;
  entry.file.is_uri = is_uri(path);
  if (entry.file.is_uri) {
    const bool is_known =
        entry.file.content != nullptr && entry.file.content->material.defects.empty();
    if (!is_known) load_uri(entry.file, phrases, label);
  } else {
    load(entry.file);
  }
  return entry.file;
}

void CertificateStore::load(StoredFile& file) {
  const bool was_settled = file.state.is_settled;
  if (file.content != nullptr && was_settled) {
    FileState now = examine(file.path);
    if (now.problem == FileProblem::none && now.stamp.same_content_as(file.state.stamp)) {
      now.is_settled = true;
      file.state = std::move(now);
      return;
    }
  }
  file.state = disk_.read(file.path);
  if (file.state.problem != FileProblem::none) {
    file.content = nullptr;
    return;
  }
  const Fingerprint digest = sha256(disk_.content());
  if (file.content != nullptr && file.content->digest == digest) return;
  file.content = content_with(digest);
  if (file.content != nullptr) return;
  file.content = std::make_shared<FileContent>();
  file.content->digest = digest;
  file.content->material = reader().read(disk_.content());
  contents_[key_of(digest)] = file.content;
}

void CertificateStore::load_uri(StoredFile& file, PassPhrases& phrases, const KeyLabel& label) {
  OnePin pin(phrases, label);
  file.content = std::make_shared<FileContent>();
  file.content->digest = sha256(as_bytes(file.path));
  file.content->material = reader().open(file.path, pin);
  file.content->lock_failure = pin.failure();
}

std::shared_ptr<FileContent> CertificateStore::content_with(const Fingerprint& digest) const {
  const auto known = contents_.find(key_of(digest));
  return known == contents_.end() ? nullptr : known->second.lock();
}

Status CertificateStore::unlock(StoredFile& file, PassPhrases& phrases, const KeyLabel& label) {
  if (file.content == nullptr) return {};
  FileContent& content = *file.content;
  if (content.lock_failure) return *content.lock_failure;
  if (content.material.key != nullptr || content.material.locked == nullptr) return {};
  auto opened = phrases.open(*content.material.locked, reader(), label);
  if (!opened) {
    content.lock_failure = opened.error();
    return std::move(opened).error();
  }
  content.was_locked = true;
  content.material.key = std::move(opened->key);
  if (!opened->certificates.empty()) {
    content.material.certificates = std::move(opened->certificates);
    content.material.found.add(Kind::certificate);
  }
  return {};
}

CertificatePtr CertificateStore::certificate(Cert leaf, CertChain chain, Pkey key) {
  // Objects are shared by content, so addresses say what is the same.
  std::string identity;
  append_pointer(identity, key.get());
  append_pointer(identity, leaf.get());
  for (int i = 0; i < sk_X509_num(chain.get()); ++i) {
    append_pointer(identity, sk_X509_value(chain.get(), i));
  }
  auto& known = certificates_[std::move(identity)];
  if (auto certificate = known.lock()) return certificate;
  auto certificate =
      std::make_shared<const Certificate>(std::move(leaf), std::move(chain), std::move(key));
  known = certificate;
  return certificate;
}

}  // namespace tlsplus
