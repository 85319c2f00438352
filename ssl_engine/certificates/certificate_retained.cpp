// SPDX-License-Identifier: Apache-2.0
//
// CertificateFiles across a restart: how its content gets from one generation of the module to the
// next. Everything C++ is turned into plain memory and OpenSSL objects, and back. Nothing here may
// leave a pointer to our code or to a vtable behind.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

// Owners in the C++ sense do not survive the code they are made of.
// NOLINTBEGIN(*-no-malloc,*-owning-memory)

EVP_PKEY* add_reference(const Pkey& owner) noexcept {
  if (owner != nullptr) EVP_PKEY_up_ref(owner.get());
  return owner.get();
}

Pkey shared_or_null(EVP_PKEY* key) noexcept {
  return key == nullptr ? nullptr : share(*key);
}

char* copy_of(const std::string& text) noexcept {
  return text.empty() ? nullptr : strdup(text.c_str());
}

// A file with something wrong in it is read again, so that the finding is made again; a key
// that is still locked is asked for again.
bool is_worth_keeping(const StoredFile& file) noexcept {
  return file.content != nullptr && file.content->material.defects.empty() &&
         (file.content->material.locked == nullptr || file.content->material.key);
}

/// Without memory for it, it is asked for again.
SecretBytes::Raw kept_copy(const SecretBytes& secret) noexcept {
  if (secret.empty()) return {};
  try {
    return SecretBytes(secret.reveal()).release();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

SecretBytes copy_of(const SecretBytes::Raw& kept) {
  if (kept.memory == nullptr) return {};
  return SecretBytes(ByteView(kept.memory, kept.size));
}

void fill(RetainedFile& kept, const std::string& name, const StoredFile& file) noexcept {
  const Material& material = file.content->material;
  const FileStamp& stamp = file.state.stamp;
  kept = {};
  kept.path = copy_of(name);
  std::memcpy(kept.content, file.content->digest.data(), file.content->digest.size());
  kept.device = stamp.device;
  kept.inode = stamp.inode;
  kept.size_bytes = stamp.size_bytes;
  kept.modified_ns = stamp.modified_ns;
  kept.changed_ns = stamp.changed_ns;
  kept.is_settled = file.state.is_settled ? 1 : 0;
  kept.found = material.found.bits();
  // NOLINTNEXTLINE(bugprone-sizeof-expression): it is an array of pointers
  constexpr std::size_t kSlotBytes = sizeof(StoredCertificateBlock*);
  kept.certificates = static_cast<StoredCertificateBlock**>(
      std::calloc(material.certificates.size() + 1, kSlotBytes));
  if (kept.certificates == nullptr) {  // without memory: as if it had not been read
    std::free(std::exchange(kept.path, nullptr));
    return;
  }
  for (StoredCertificate cert : material.certificates) {
    kept.certificates[kept.certificate_count++] = cert.release();
  }
  kept.key = StoredKey(material.key).release();
  kept.dh_parameters = add_reference(material.dh_parameters);
  kept.group = copy_of(material.group);
  kept.pin = kept_copy(file.content->pin);
  kept.phrase = kept_copy(file.content->phrase);
}

std::shared_ptr<FileContent> content_of(const RetainedFile& kept) {
  auto content = std::make_shared<FileContent>();
  std::memcpy(content->digest.data(), kept.content, content->digest.size());
  Material& material = content->material;
  material.found = Kinds(kept.found);
  for (std::uint32_t i = 0; i < kept.certificate_count; ++i) {
    material.certificates.emplace_back(
        Counted<StoredCertificateBlock>::share(kept.certificates[i]));
  }
  material.key = StoredKey(Counted<StoredKeyBlock>::share(kept.key));
  material.dh_parameters = shared_or_null(kept.dh_parameters);
  if (kept.group != nullptr) material.group = kept.group;
  content->pin = copy_of(kept.pin);
  content->phrase = copy_of(kept.phrase);
  return content;
}

void release_file(RetainedFile& kept) noexcept {
  for (std::uint32_t i = 0; i < kept.certificate_count; ++i) {
    (void)Counted<StoredCertificateBlock>::adopt(kept.certificates[i]);
  }
  std::free(kept.certificates);
  (void)Counted<StoredKeyBlock>::adopt(kept.key);
  EVP_PKEY_free(kept.dh_parameters);
  std::free(kept.path);
  std::free(kept.group);
  const SecretBytes pin = SecretBytes::adopt(kept.pin);  // wiped
  const SecretBytes phrase = SecretBytes::adopt(kept.phrase);
}

}  // namespace

RetainedFiles* CertificateFiles::retain() const noexcept {
  std::size_t count = 0;
  for (const auto& [path, entry] : files_) count += is_worth_keeping(entry.file) ? 1U : 0U;
  auto* const block = static_cast<RetainedFiles*>(std::malloc(sizeof(RetainedFiles)));
  auto* const files = static_cast<RetainedFile*>(std::calloc(count + 1, sizeof(RetainedFile)));
  if (block == nullptr || files == nullptr) {
    std::free(block);
    std::free(files);
    return nullptr;
  }
  *block = {RetainedFiles::kVersion, 0, files};
  for (const auto& [path, entry] : files_) {
    if (is_worth_keeping(entry.file)) fill(files[block->count++], path, entry.file);
  }
  return block;
}

RetainedFiles* CertificateFiles::retain_into(RetainedFiles* before,
                                             const Paths& paths) const noexcept {
  if (files_in(before).empty()) return before;
  auto* const files = static_cast<RetainedFile*>(
      std::calloc(before->count + paths.size() + 1, sizeof(RetainedFile)));
  if (files == nullptr) return before;  // it is read again by the next generation
  forget(before, paths);
  std::uint32_t count = 0;
  for (const RetainedFile& kept : files_in(before)) {
    if (kept.path != nullptr) files[count++] = kept;
  }
  for (const auto& [path, entry] : files_) {
    if (paths.contains(path) && is_worth_keeping(entry.file))
      fill(files[count++], path, entry.file);
  }
  std::free(before->files);
  before->files = files;
  before->count = count;
  return before;
}

void CertificateFiles::forget(RetainedFiles* files, const Paths& paths) noexcept {
  if (files_in(files).empty()) return;
  // In place: a child that moved the others would have to have pages of its own for all of them.
  for (RetainedFile& kept : std::span(files->files, files->count)) {
    if (kept.path == nullptr || !paths.contains(kept.path)) continue;
    release_file(kept);
    kept = {};
  }
}

void CertificateFiles::keep_phrases_from_children(const RetainedFiles* files) noexcept {
  for (const RetainedFile& kept : files_in(files)) {
    if (kept.phrase.memory == nullptr) continue;
    (void)madvise(kept.phrase.memory, kept.phrase.mapped_bytes, MADV_WIPEONFORK);
  }
}

std::span<const RetainedFile> CertificateFiles::files_in(const RetainedFiles* files) noexcept {
  if (files == nullptr || files->version != RetainedFiles::kVersion) return {};
  return {files->files, files->count};
}

void CertificateFiles::remember(const RetainedFiles* files, const Paths* paths) {
  const auto kept_files = files_in(files);
  files_.reserve(paths == nullptr ? kept_files.size() : paths->size());
  for (const RetainedFile& kept : kept_files) {
    if (kept.path == nullptr || (paths != nullptr && !paths->contains(kept.path))) continue;
    Entry& entry = files_[kept.path];
    entry.file.path = shown_file(kept.path);
    entry.file.is_uri = is_token_uri(kept.path);
    entry.file.content = content_of(kept);
    entry.file.state.is_settled = kept.is_settled != 0;
    FileStamp& stamp = entry.file.state.stamp;
    stamp.device = kept.device;
    stamp.inode = kept.inode;
    stamp.size_bytes = kept.size_bytes;
    stamp.modified_ns = kept.modified_ns;
    stamp.changed_ns = kept.changed_ns;
  }
}

void CertificateFiles::release(RetainedFiles* files) noexcept {
  if (files == nullptr || files->version != RetainedFiles::kVersion) return;
  for (std::uint32_t i = 0; i < files->count; ++i) release_file(files->files[i]);
  std::free(files->files);
  std::free(files);
}

// NOLINTEND(*-no-malloc,*-owning-memory)

}  // namespace tlsplus
