// SPDX-License-Identifier: Apache-2.0
//
// TrustStores: makes the stores of one generation from the files that its hosts name. A file is
// read once for all hosts, and hosts that name the same content share a store.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/file.h"
#include "ssl_engine/hosts/draft.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

/// Makes the stores of one generation. Not thread safe.
class TrustStores {
 public:
  TrustStores(Findings& findings, WallTime now);

  /// Reads what the draft's policy names, says what is wrong with it, and sets Draft::trust; null
  /// there if it names nothing.
  void settle(Draft& draft);

 private:
  struct AuthorityFile {
    std::vector<Cert> certificates;
    Fingerprint digest{};
    std::vector<Error> faults;  // without place
  };
  struct CrlFile {
    std::vector<Crl> crls;
    Fingerprint digest{};
    std::vector<Error> faults;
  };
  /// Read for its digest alone.
  struct CrlDirectory {
    Fingerprint digest{};
    std::vector<Error> faults;
  };

  const AuthorityFile& authority_file(const std::string& path);
  const AuthorityFile& authority_directory(const std::string& path);
  const CrlFile& crl_file(const std::string& path);
  const CrlDirectory& crl_directory(const std::string& path);
  void read_authorities(const std::string& path, bool is_optional, AuthorityFile& into);
  void check_dates(const std::string& path, AuthorityFile& file);
  void report(const Draft& draft, const std::vector<Error>& faults, const Where& where);
  void check_demands(const Draft& draft);

  Findings& findings_;
  WallTime now_;
  MaterialReader materials_;
  std::map<std::string, AuthorityFile> authority_files_;
  std::map<std::string, AuthorityFile> authority_directories_;
  std::map<std::string, CrlFile> crl_files_;
  std::map<std::string, CrlDirectory> crl_directories_;
  std::map<std::string, std::shared_ptr<const TrustStore>> stores_;  // by all their contents
  std::map<std::string, X509Store> anchors_;                         // by all but the names
};

}  // namespace tlsplus
