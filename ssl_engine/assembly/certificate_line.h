// SPDX-License-Identifier: Apache-2.0
//
// CertificateLine: a certificate and its key, as lines of a host name them. LineFiles: what is in
// the files that they name, and what is wrong with these.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/secrets/passphrase.h"

namespace tlsplus {

struct CertificateLine {
  std::string_view certificate;
  std::string_view key;  // empty: beside the certificate
  Where where;
  Where key_where;
  bool by_command = false;  // SSLOpenSSLConfCmd Certificate
};

struct KeyOfLine {
  StoredKey key;                    // empty: there is none, or it is locked
  std::shared_ptr<TokenKey> token;  // null: `key` is all there is
  std::string path;                 // of the file that has one, open or not; empty: none has
  Where where;                      // the line that names it
};

/// A command that takes the blocks of parameters out of the file; kind: "DH", "EC", empty for both.
std::string without_parameters(std::string_view file, std::string_view kind = {});

/// Belongs to the reading of one line.
class LineFiles {
 public:
  /// `label` is what whoever is asked for a phrase is told; of its parts `file` and `type` are
  /// filled in here. All must outlive this.
  LineFiles(CertificateFiles& files, PassPhrases& phrases, const CertificateLine& line,
            KeyLabel label);

  /// The file of the certificate; null if there is none in it, which is a finding.
  StoredFile* certificate_file();
  /// The key to the certificates in `from`, which certificate_file() has given.
  KeyOfLine key_for(StoredFile& from);
  /// True if the key in `file` is open now. Otherwise why not is a finding.
  bool unlock(StoredFile& file, const Where& where, const KeyLabel& label);

  [[nodiscard]] const KeyLabel& label() const noexcept { return label_; }
  [[nodiscard]] std::vector<Error> take_findings() && { return std::move(findings_); }

 private:
  KeyOfLine key_in(StoredFile& file, const Where& where, const KeyLabel& label);
  KeyOfLine key_file();
  void check_access(const StoredFile& file, const Where& where);
  void find(Tp id, std::string evidence, const Where& where, std::string hint = {});

  CertificateFiles& files_;
  PassPhrases& phrases_;
  const CertificateLine& line_;
  KeyLabel label_;
  std::vector<Error> findings_;
};

}  // namespace tlsplus
