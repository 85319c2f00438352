// SPDX-License-Identifier: Apache-2.0
//
// PasswordStores: reads the TLS-SRP verifier files of one generation. A file is read once for all
// hosts that name it, by OpenSSL; what OpenSSL does not say about it (which line is wrong, which
// users it left out) is found by looking at the rows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/settings/policy.h"
#include "ssl_engine/trust/password_store.h"

namespace tlsplus {

/// A row of a verifier file: fields separated by tabs, a backslash before a tab keeps it. Views
/// into the file.
struct VerifierRow {
  int line = 0;
  bool is_ended = true;  // by a line end; OpenSSL does not see a last line without one
  std::vector<std::string_view> fields;
};
/// All rows of `content`, comments left out, whatever is wrong with them.
std::vector<VerifierRow> verifier_rows(std::string_view content);

/// Reads the files of one generation. Not thread safe.
class PasswordStores {
 public:
  /// Reads what `policy`, that of `config`, names; null if it names nothing, or nothing that can
  /// be used. Findings: what is wrong with it.
  Judged<std::shared_ptr<const PasswordStore>> store_for(const ServerConfig& config,
                                                         const Policy& policy);

 private:
  struct File {
    std::shared_ptr<const PasswordStore> store;
    std::vector<Error> faults;  // without place
  };
  const File& file(const std::string& path, const std::string& seed);
  static void read(const std::string& path, const std::string& seed, File& into);

  std::map<std::pair<std::string, std::string>, File> files_;  // by path and seed
};

}  // namespace tlsplus
