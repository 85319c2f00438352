// SPDX-License-Identifier: Apache-2.0
//
// OcspSetups: how hosts ask responders about clients' certificates, made from their settings and
// from the files that these name. Hosts that say the same share one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/settings/policy.h"
#include "ssl_engine/trust/ocsp_checker.h"

namespace tlsplus {

/// Of one generation. Not thread safe.
class OcspSetups {
 public:
  /// Null if `policy`, that of `config`, asks nobody. Findings: what is wrong with it.
  Judged<std::shared_ptr<const ClientOcsp>> setup_for(const ServerConfig& config,
                                                      const Policy& policy);

 private:
  struct File {
    std::vector<Cert> certificates;
    Fingerprint digest{};
    std::vector<Error> faults;  // without place
  };
  const File& file(const std::string& path);

  MaterialReader materials_;
  std::map<std::string, File> files_;
  std::vector<std::shared_ptr<const ClientOcsp>> made_;
};

}  // namespace tlsplus
