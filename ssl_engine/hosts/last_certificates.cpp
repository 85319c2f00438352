// SPDX-License-Identifier: Apache-2.0
//
// LastCertificates: to plain memory and back. Nothing here may leave a pointer to our code or to a
// vtable behind.
#include "ssl_engine/hosts/last_certificates.h"

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace tlsplus {
namespace {

// Owners in the C++ sense do not survive the code they are made of.
// NOLINTBEGIN(*-no-malloc,*-owning-memory)

void put(unsigned char (&into)[32], const Fingerprint& digest) noexcept {  // NOLINT(*-c-arrays)
  std::memcpy(into, digest.data(), digest.size());
}

Fingerprint taken(const unsigned char (&from)[32]) noexcept {  // NOLINT(*-c-arrays)
  Fingerprint digest;
  std::memcpy(digest.data(), from, digest.size());
  return digest;
}

Fingerprint digest_of_name(std::string_view name) {
  return sha256(as_bytes(name));
}

void release_one(RetainedCertificate& kept) noexcept {
  (void)Counted<StoredCertificateBlock>::adopt(kept.leaf);
  (void)Counted<StoredKeyBlock>::adopt(kept.key);
  free_chain(kept.chain);
  X509_free(kept.root);
}

bool is_kept(const Host& host, std::size_t position) noexcept {
  const Certificate& certificate = *host.certificates[position];
  return certificate.has_key() && certificate.token() == nullptr &&
         position < host.certificate_sources.size();
}

/// False without memory.
bool fill(RetainedCertificate& kept, const Host& host, std::size_t position) noexcept {
  const Certificate& certificate = *host.certificates[position];
  kept = {};
  kept.chain = X509_chain_up_ref(&certificate.chain());
  if (kept.chain == nullptr) return false;
  put(kept.lines, host.certificate_sources[position].lines);
  put(kept.name, digest_of_name(host.name));
  kept.host = host.index;
  kept.leaf = StoredCertificate(certificate.leaf()).release();
  kept.key = StoredKey(certificate.key()).release();
  kept.root = certificate.root() == nullptr ? nullptr : share(*certificate.root()).release();
  return true;
}

}  // namespace

Fingerprint digest_of_lines(std::string_view certificate, std::string_view key) {
  std::string lines(certificate);
  lines += '\0';
  lines += key;
  return sha256(as_bytes(lines));
}

RetainedCertificates* LastCertificates::retain(const Snapshot& snapshot) noexcept {
  std::size_t most = 0;
  for (const Host& host : snapshot.hosts()) most += host.certificates.size();
  auto* const block = static_cast<RetainedCertificates*>(std::malloc(sizeof(RetainedCertificates)));
  auto* const kept =
      static_cast<RetainedCertificate*>(std::calloc(most + 1, sizeof(RetainedCertificate)));
  if (block == nullptr || kept == nullptr) {
    std::free(block);
    std::free(kept);
    return nullptr;
  }
  *block = {RetainedCertificates::kVersion, 0, kept};
  for (const Host& host : snapshot.hosts()) {
    for (std::size_t i = 0; i < host.certificates.size(); ++i) {
      if (is_kept(host, i) && fill(kept[block->count], host, i)) ++block->count;
    }
  }
  return block;
}

void LastCertificates::release(RetainedCertificates* retained) noexcept {
  if (retained == nullptr || retained->version != RetainedCertificates::kVersion) return;
  for (std::uint32_t i = 0; i < retained->count; ++i) release_one(retained->certificates[i]);
  std::free(retained->certificates);
  std::free(retained);
}

// NOLINTEND(*-no-malloc,*-owning-memory)

std::span<const RetainedCertificate> LastCertificates::all_of(
    const RetainedCertificates* retained) noexcept {
  if (retained == nullptr || retained->version != RetainedCertificates::kVersion) return {};
  return {retained->certificates, retained->count};
}

void LastCertificates::index() {
  if (std::exchange(is_indexed_, true)) return;
  std::uint32_t position = 0;
  for (const RetainedCertificate& kept : all_of(retained_)) {
    by_lines_[taken(kept.lines)].push_back(position);
    by_name_[taken(kept.name)].push_back(position);
    ++position;
  }
}

const LastCertificates::One* LastCertificates::one(std::uint32_t position) {
  const auto known = made_.find(position);
  if (known != made_.end()) return &known->second;
  const RetainedCertificate& kept = all_of(retained_)[position];
  SharedChain chain(X509_chain_up_ref(kept.chain), free_chain);
  if (chain == nullptr) return nullptr;
  One made{StoredCertificate(Counted<StoredCertificateBlock>::share(kept.leaf)), std::move(chain),
           StoredKey(Counted<StoredKeyBlock>::share(kept.key)),
           kept.root == nullptr ? nullptr : share(*kept.root), taken(kept.lines)};
  return &made_.emplace(position, std::move(made)).first->second;
}

const LastCertificates::One* LastCertificates::of_lines(const Fingerprint& lines) {
  index();
  const auto found = by_lines_.find(lines);
  return found == by_lines_.end() ? nullptr : one(found->second.front());
}

std::vector<const LastCertificates::One*> LastCertificates::of_host(std::string_view name) {
  index();
  std::vector<const One*> all;
  const auto found = by_name_.find(digest_of_name(name));
  if (found == by_name_.end()) return all;
  const auto kept = all_of(retained_);
  for (const std::uint32_t position : found->second) {
    if (kept[position].host != kept[found->second.front()].host) continue;
    if (const One* const last = one(position)) all.push_back(last);
  }
  return all;
}

}  // namespace tlsplus
