// SPDX-License-Identifier: Apache-2.0
//
// CertificateCache: a certificate's objects, found or made. The lock is not held while they are
// made: two threads may make the same ones at the same time; the second one's work is lost and
// nothing else.
#include "ssl_engine/certificates/certificate_cache.h"

#include "ssl_engine/openssl/errors.h"

namespace tlsplus {

std::shared_ptr<const CachedCertificate> CertificateCache::of(const CertificatePtr& certificate) {
  if (auto open = known(*certificate)) return open;
  auto open = make(*certificate);
  // What is kept open anyway needs no place here.
  if (open == nullptr || (certificate->leaf().is_open() && certificate->key().is_open())) {
    return open;
  }
  Open::Gone gone;  // freed after the lock
  const std::scoped_lock lock(mutex_);
  Entry& entry = open_.at(certificate.get(), gone);
  if (entry.open == nullptr) entry = {certificate, open};
  return open;
}

std::size_t CertificateCache::count() const {
  const std::scoped_lock lock(mutex_);
  return open_.size();
}

void CertificateCache::forget_unused() {
  Open::Gone gone;
  const std::scoped_lock lock(mutex_);
  open_.erase_if([](const Entry& entry) { return entry.certificate.use_count() == 1; }, gone);
}

std::shared_ptr<const CachedCertificate> CertificateCache::known(const Certificate& certificate) {
  const std::scoped_lock lock(mutex_);
  const Entry* const known = open_.find(&certificate);
  return known == nullptr ? nullptr : known->open;
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
