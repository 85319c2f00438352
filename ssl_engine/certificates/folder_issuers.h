// SPDX-License-Identifier: Apache-2.0
//
// FolderIssuers: the certificates of authorities that lie in the same folder as a host's own: how
// it can be known that an issuer is a root, or where the intermediate is that is missing. A help
// for messages only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/object_reader.h"

namespace tlsplus {

/// Not thread safe; one per build.
class FolderIssuers {
 public:
  struct Found {
    std::string file;
    Cert certificate;
    bool is_root = false;
  };

  /// Who signed `leaf`, from the folder of `path`; null: nobody there. Each folder is read once.
  const Found* find(X509& leaf, std::string_view path);

 private:
  const std::vector<Found>& folder(const std::string& path);

  MaterialReader reader_;
  std::map<std::string, std::vector<Found>> folders_;
};

}  // namespace tlsplus
