// SPDX-License-Identifier: Apache-2.0
//
// CertificateCache: a certificate's objects, found or made. The lock is not held while they are
// made: two threads may make the same ones at the same time; the second one's work is lost and
// nothing else.
#include "ssl_engine/certificates/certificate_cache.h"

#include <iterator>

#include "ssl_engine/openssl/errors.h"

namespace tlsplus {

std::shared_ptr<const CachedCertificate> CertificateCache::of(const CertificatePtr& certificate) {
  if (auto open = known(*certificate)) return open;
  auto open = make(*certificate);
  // What is kept open anyway needs no place here.
  if (open == nullptr || (certificate->leaf().is_open() && certificate->key().is_open())) {
    return open;
  }
  Entries gone;  // freed after the lock
  const std::scoped_lock lock(mutex_);
  if (by_certificate_.contains(certificate.get())) return open;
  entries_.push_front({certificate, open});
  by_certificate_.emplace(certificate.get(), entries_.begin());
  if (entries_.size() > most_) {
    by_certificate_.erase(entries_.back().certificate.get());
    gone.splice(gone.begin(), entries_, std::prev(entries_.end()));
  }
  return open;
}

std::size_t CertificateCache::count() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

std::shared_ptr<const CachedCertificate> CertificateCache::known(const Certificate& certificate) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_certificate_.find(&certificate);
  if (found == by_certificate_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->open;
}

std::shared_ptr<const CachedCertificate> CertificateCache::make(const Certificate& certificate) {
  clear_openssl_errors();
  CachedCertificate open;
  open.leaf = certificate.leaf().open();
  {
    const std::scoped_lock lock(making_);
    open.key = certificate.key().open(keys_);
  }
  if (open.leaf == nullptr || open.key == nullptr) return nullptr;
  return std::make_shared<const CachedCertificate>(std::move(open));
}

}  // namespace tlsplus
