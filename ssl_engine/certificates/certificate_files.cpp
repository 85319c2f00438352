// SPDX-License-Identifier: Apache-2.0
//
// CertificateFiles: how a file is recognised, in two ways: by what stat(2) says of it, which saves
// reading it, and by the digest of its content, which saves parsing it and asking for its pass
// phrase.
#include "ssl_engine/certificates/certificate_files.h"

#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

void append_pointer(std::string& key, const void* pointer) {
  key.append(reinterpret_cast<const char*>(&pointer), sizeof pointer);
}

}  // namespace

CertificateFiles::CertificateFiles()
    : disk_(kCertificateFileBytes), token_turn_(std::make_shared<std::mutex>()) {}
CertificateFiles::~CertificateFiles() = default;

void CertificateFiles::begin(TokenAccess access) {
  reader_ = nullptr;
  access_ = std::move(access);
  for (auto& [path, entry] : files_) {
    entry.used = false;
    entry.file.wanted = {.certificate = false, .key = false};
    if (entry.file.content == nullptr) continue;
    entry.file.content->lock_failure.reset();
    entry.file.content->trouble.reset();
  }
}

// The reader that knows every certificate there is. Not made before something new turns up:
// after a restart nothing does, as a rule.
MaterialReader& CertificateFiles::reader() {
  if (reader_ != nullptr) return *reader_;
  reader_ = std::make_unique<MaterialReader>();
  for (const auto& [path, entry] : files_) {
    if (entry.file.content == nullptr) continue;
    for (const StoredCertificate& cert : entry.file.content->material.certificates) {
      (void)reader_->intern(cert);
    }
  }
  return *reader_;
}

void CertificateFiles::finish() {
  std::erase_if(files_, [](const auto& known) { return !known.second.used; });
  contents_.reset();
  std::erase_if(certificates_, [](const auto& known) { return known.second.expired(); });
  reader_ = nullptr;  // its shared certificates live where they are used
}

StoredFile& CertificateFiles::file(std::string_view path, PassPhrases& phrases,
                                   const KeyLabel& label, TokenWanted wanted) {
  Entry& entry = files_[std::string(path)];
  StoredFile& file = entry.file;
  if (is_token_uri(path)) {
    const bool is_more =
        (wanted.certificate && !file.wanted.certificate) || (wanted.key && !file.wanted.key);
    if (!entry.used || is_more) {
      file.wanted.certificate |= wanted.certificate;
      file.wanted.key |= wanted.key;
      load_uri(file, path, phrases, label);
    }
  } else if (!entry.used) {
    file.path = path;
    load(file);
  }
  entry.used = true;
  return file;
}

void CertificateFiles::load(StoredFile& file) {
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
  std::shared_ptr<FileContent>& content = content_with(digest);
  if (content == nullptr) {
    content = std::make_shared<FileContent>();
    content->digest = digest;
    content->material = reader().read(disk_.content());
  }
  file.content = content;
}

// A copy of a file is the same content, and so is a file that was only touched.
std::shared_ptr<FileContent>& CertificateFiles::content_with(const Fingerprint& digest) {
  if (!contents_) {
    contents_.emplace();
    for (const auto& [path, entry] : files_) {
      if (entry.file.content != nullptr) {
        contents_->try_emplace(entry.file.content->digest, entry.file.content);
      }
    }
  }
  return (*contents_)[digest];
}

Status CertificateFiles::unlock(StoredFile& file, PassPhrases& phrases, const KeyLabel& label) {
  if (file.content == nullptr) return {};
  FileContent& content = *file.content;
  if (content.lock_failure) return *content.lock_failure;
  if (content.material.key || content.material.locked == nullptr) return {};
  auto opened = phrases.open(*content.material.locked, reader(), label);
  if (!opened) {
    content.lock_failure = opened.error();
    return std::move(opened).error();
  }
  content.material.key = std::move(opened->key);
  content.phrase = phrases.last();
  if (!opened->certificates.empty()) {
    content.material.certificates = std::move(opened->certificates);
    content.material.found.add(Kind::certificate);
  }
  return {};
}

void CertificateFiles::hand_phrases_to(PassPhrases& phrases) const {
  for (const auto& [path, entry] : files_) {
    if (entry.file.content != nullptr) phrases.know(entry.file.content->phrase);
  }
}

CertificatePtr CertificateFiles::certificate(StoredCertificate leaf, SharedChain chain,
                                             StoredKey key, std::shared_ptr<TokenKey> token,
                                             Cert root) {
  // Objects are shared by content, so addresses say what is the same.
  std::string identity;
  append_pointer(identity, key.address());
  append_pointer(identity, token.get());
  append_pointer(identity, leaf.address());
  append_pointer(identity, chain.get());
  append_pointer(identity, root.get());
  auto& known = certificates_[std::move(identity)];
  if (auto certificate = known.lock()) return certificate;
  auto certificate = std::make_shared<const Certificate>(
      std::move(leaf), std::move(chain), std::move(key), std::move(token), std::move(root));
  known = certificate;
  return certificate;
}

bool CertificateFiles::fits(const StoredCertificate& leaf, const StoredKey& key) {
  return tlsplus::fits(leaf, key, keys_);
}

Pkey CertificateFiles::open(const StoredKey& key) {
  return key.open(keys_);
}

}  // namespace tlsplus
