// SPDX-License-Identifier: Apache-2.0
//
// Retained memory: what outlives a reading of the configuration, plain memory that httpd keeps for
// the life of the parent process, under names with a version digit. Our code is unloaded in
// between, so nothing in it may point at code or at a C++ object.
#pragma once

#include <span>
#include <string_view>

#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/hosts/last_certificates.h"
#include "ssl_engine/reload/live_certificates.h"

namespace tlsplus {

/// Gives `store` what the reading before knew.
void recall_files(CertificateFiles& store);
/// True if the reading before had a certificate or a key from this file. It is looked at again
/// where it is used, so that its directive need not. For the thread that reads the configuration.
bool was_read_before(std::string_view path);
/// Keeps what `store` knows for the next reading; the block before is freed.
void keep_files(const CertificateFiles& store);

/// What the generation before presented; null at a first start, and in the first one of ours. Stays
/// until the next of the two below.
const RetainedCertificates* last_certificates();
/// Keeps what `snapshot` presents for the restart that is about to come.
void keep_last_certificates(const Snapshot& snapshot) noexcept;
/// The restart is over: what no host has taken again is wiped.
void forget_last_certificates() noexcept;
/// The same while the server runs, of single files. Once it was made, no process that is forked
/// finds pass phrases there.
class RetainedMemory final : public FileMemory {
 public:
  RetainedMemory() noexcept;
  [[nodiscard]] std::span<const RetainedFile> files() const override;
  void recall(CertificateFiles& files, const CertificateFiles::Paths& paths) const override;
  void keep(const CertificateFiles& files, const CertificateFiles::Paths& paths) override;
  void forget(const CertificateFiles::Paths& paths) override;
};

}  // namespace tlsplus
