// SPDX-License-Identifier: Apache-2.0
//
// KeyMismatches: which key belongs to which certificate after all. Keys are compared by the
// fingerprints of their public halves, which are shown, too: openssl pkey gives the same to whoever
// looks by hand.
#include "ssl_engine/assembly/key_mismatches.h"

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

Fingerprint public_fingerprint(const StoredCertificate& certificate) {
  const Cert opened = certificate.open();
  EVP_PKEY* const key = opened == nullptr ? nullptr : X509_get0_pubkey(opened.get());
  return key == nullptr ? Fingerprint{} : public_key_fingerprint(*key);
}

Fingerprint public_fingerprint(const Pkey& key) {
  return key == nullptr ? Fingerprint{} : public_key_fingerprint(*key);
}

}  // namespace

std::string KeyMismatches::hint_for(const CertificateLine& line, const Paths& paths,
                                    const Fingerprint& wanted) const {
  const auto path = paths.find(std::string(as_text(wanted)));
  if (path == paths.end()) return {};
  const auto place = key_places_.find(path->second);
  if (place == key_places_.end()) return {};
  const Where& where = place->second;
  std::string hint;
  if (!line.by_command) {
    hint = text(line.key.empty() ? "add: " : "write: ", "SSLCertificateKeyFile ",
                quote(path->second), "; ");
  }
  return text(hint, "the key that fits this certificate is ", quote(path->second), ", named by ",
              where.directive, " at ", where.file, ':', where.line);
}

std::vector<std::pair<std::uint32_t, Error>> KeyMismatches::explain(CertificateFiles& files) const {
  std::vector<std::pair<std::uint32_t, Error>> found;
  if (mismatches_.empty()) return found;
  Paths paths;
  files.for_each_used([&](const StoredFile& file) {
    if (file.content == nullptr || !file.content->material.key) return;
    const Fingerprint digest = public_fingerprint(files.open(file.content->material.key));
    paths.emplace(std::string(as_text(digest)), file.path);
  });
  for (const Mismatch& mismatch : mismatches_) {
    const CertificateLine& line = mismatch.line;
    const Fingerprint wanted = public_fingerprint(mismatch.leaf);
    std::string evidence =
        text("public key of the certificate ", quote(shown_file(line.certificate)), ": SHA-256 ",
             hex(wanted), "; of the key ",
             quote(shown_file(line.key.empty() ? line.certificate : line.key)), ": SHA-256 ",
             hex(public_fingerprint(files.open(mismatch.key))));
    Error error = diagnose(Tp::key_mismatch, std::move(evidence), line.key_where,
                           hint_for(line, paths, wanted));
    error.what += text("; the certificate is named at ", line.where.file, ':', line.where.line);
    found.emplace_back(mismatch.host, std::move(error));
  }
  return found;
}

}  // namespace tlsplus
