// SPDX-License-Identifier: Apache-2.0
//
// Retained memory, by its names. ap_retained_data_create() hands out a zeroed block once per name;
// it holds one pointer.
#include "ssl_engine/httpd/startup/retained.h"

#include <optional>
#include <unordered_set>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {
namespace {

constexpr const char* kFilesName = "mod_tlsplus-files-1";

constexpr const char* kCertificatesName = "mod_tlsplus-certificates-1";

template <class T>
struct Block {
  T* kept;
};

template <class T>
T*& retained(const char* name) {
  void* block = ap_retained_data_get(name);
  if (block == nullptr) block = ap_retained_data_create(name, sizeof(Block<T>));
  return static_cast<Block<T>*>(block)->kept;
}

RetainedFiles*& retained_files() {
  return retained<RetainedFiles>(kFilesName);
}

RetainedCertificates*& retained_certificates() {
  return retained<RetainedCertificates>(kCertificatesName);
}

using Paths = std::unordered_set<std::string_view>;

// Views into the retained block; made when a line asks, and gone with the block.
std::optional<Paths>& known_paths() {
  static std::optional<Paths> paths;
  return paths;
}

}  // namespace

bool was_read_before(std::string_view path) {
  std::optional<Paths>& known = known_paths();
  if (!known) {
    const auto files = CertificateFiles::files_in(retained_files());
    known.emplace().reserve(files.size());
    for (const RetainedFile& file : files) {
      if (file.path != nullptr) known->insert(file.path);
    }
  }
  return known->contains(path);
}

void recall_files(CertificateFiles& store) {
  store.remember(retained_files());
}

void keep_files(const CertificateFiles& store) {
  RetainedFiles* next = store.retain();
  if (next == nullptr) return;
  known_paths().reset();
  CertificateFiles::release(std::exchange(retained_files(), next));
}

RetainedMemory::RetainedMemory() noexcept {
  CertificateFiles::keep_phrases_from_children(retained_files());
}

void RetainedMemory::forget(const CertificateFiles::Paths& paths) {
  known_paths().reset();
  CertificateFiles::forget(retained_files(), paths);
}

std::span<const RetainedFile> RetainedMemory::files() const {
  return CertificateFiles::files_in(retained_files());
}

void RetainedMemory::recall(CertificateFiles& files, const CertificateFiles::Paths& paths) const {
  files.remember(retained_files(), &paths);
}

void RetainedMemory::keep(const CertificateFiles& files, const CertificateFiles::Paths& paths) {
  known_paths().reset();
  retained_files() = files.retain_into(retained_files(), paths);
  CertificateFiles::keep_phrases_from_children(retained_files());
}

const RetainedCertificates* last_certificates() {
  constexpr int kFirstStart = 1;  // its second reading is of that generation, too
  return ap_state_query(AP_SQ_CONFIG_GEN) > kFirstStart ? retained_certificates() : nullptr;
}

void keep_last_certificates(const Snapshot& snapshot) noexcept {
  LastCertificates::release(
      std::exchange(retained_certificates(), LastCertificates::retain(snapshot)));
}

void forget_last_certificates() noexcept {
  LastCertificates::release(std::exchange(retained_certificates(), nullptr));
}

}  // namespace tlsplus
