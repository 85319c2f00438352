// SPDX-License-Identifier: Apache-2.0
//
// TrustStores: makes the stores of one generation from the files that its hosts name. A file is
// read once for all hosts, and hosts that name the same content share a store.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/file.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/settings/policy.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

/// The largest file of revocation lists that is read, of some millions of entries.
constexpr std::size_t kRevocationListBytes = std::size_t{256} * 1024 * 1024;

/// Makes the stores of one generation. Not thread safe.
class TrustStores {
 public:
  /// `reads_folders`: lists in folders are read now, as they will be again when they are replaced;
  /// else OpenSSL looks for them whenever somebody is verified.
  explicit TrustStores(WallTime now, bool reads_folders = true)
      : now_(now), reads_folders_(reads_folders) {}

  /// All lists that were read, by their slots.
  [[nodiscard]] const std::vector<RevocationListsPtr>& lists() const noexcept { return lists_; }

  /// Reads what `policy`, the host's, names; null if it names nothing. Findings: what is wrong
  /// with it.
  Judged<std::shared_ptr<const TrustStore>> store_for(const ConfiguredHost& host,
                                                      const Policy& policy);

  /// The lines by which somebody names authorities and lists.
  struct Places {
    Where ca_file;
    Where ca_path;
    Where ca_request_file;
    Where ca_request_path;
    Where crl_file;
    Where crl_path;
    Where extra;
    Where otherwise;  // of what is about none of them
  };
  /// Reads what `auth` names, and believes `anchors` beside it; null if there is nothing at all.
  /// Expired authorities are told if somebody is held against them: `is_used`.
  Judged<std::shared_ptr<const TrustStore>> store_of(const ClientAuth& auth, const Places& places,
                                                     bool is_used,
                                                     std::span<const Cert> anchors = {});

 private:
  struct AuthorityFile {
    std::vector<Cert> certificates;
    Fingerprint digest{};
    std::vector<Error> faults;  // without place
  };
  struct CrlSource {
    RevocationListsPtr lists;  // null: none are read
    Fingerprint digest{};      // of those that OpenSSL finds by itself
    std::vector<Error> faults;
  };

  const AuthorityFile& authority_file(const std::string& path);
  const AuthorityFile& authority_directory(const std::string& path);
  const AuthorityFile& default_authorities();
  const CrlSource& crl_file(const std::string& path, const Where& where);
  const CrlSource& crl_directory(const std::string& path, const Where& where);
  RevocationListsPtr add_lists(RevocationLists lists);
  void read_authorities(const std::string& path, bool is_optional, AuthorityFile& into);
  void check_dates(const std::string& path, AuthorityFile& file);
  /// What the policy names, by the path of each.
  struct Sources {
    const AuthorityFile& file;
    const AuthorityFile& folder;
    const AuthorityFile& name_file;
    const AuthorityFile& name_folder;
    const CrlSource& crls;
    const CrlSource& crl_folder;
    const AuthorityFile& system;  // empty unless it is asked for
  };
  Sources sources_of(const ClientAuth& auth, const Places& places);
  Result<std::shared_ptr<const TrustStore>> make(const ClientAuth& auth, const Sources& from,
                                                 std::span<const Cert> anchors);
  Result<X509Store> store_with(const std::string& believed, const TrustStore& wanted);

  WallTime now_;
  bool reads_folders_;
  MaterialReader materials_;
  std::optional<AuthorityFile> default_authorities_;
  AuthorityFile nobody_;
  std::map<std::string, AuthorityFile> authority_files_;
  std::map<std::string, AuthorityFile> authority_directories_;
  std::map<std::string, CrlSource> crl_files_;
  std::map<std::string, CrlSource> crl_directories_;
  std::vector<RevocationListsPtr> lists_;
  std::map<std::string, std::shared_ptr<const TrustStore>> stores_;  // by all their contents
  std::map<std::string, X509Store> anchors_;                         // by all but the names
};

}  // namespace tlsplus
