// SPDX-License-Identifier: Apache-2.0
//
// ModuleCertificates: the certificates that other modules (mod_md) bring for virtual hosts. They
// can be asked once the configuration is read and judged, so it is judged first as if they may
// follow, and again with what came.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

class ModuleCertificates {
 public:
  /// `servers` by Host::index; they must outlive this.
  explicit ModuleCertificates(const std::vector<server_rec*>& servers)
      : servers_(servers), brought_(servers.size()) {}

  /// Tells each of `hosts` what came for it, or what may follow.
  void add_to(std::vector<HostInput>& hosts, apr_pool_t* scratch) const;

  /// Asks the modules; after this nothing more may follow. True if the hosts of `snapshot` have to
  /// be judged again.
  bool collect(const Snapshot& snapshot, apr_pool_t* pool);

 private:
  struct Brought {
    std::vector<std::pair<std::string, std::string>> files;  // certificate and key
    bool is_fallback = false;                                // until there is a real one
  };

  const std::vector<server_rec*>& servers_;
  std::vector<Brought> brought_;  // by Host::index
  bool has_collected_ = false;
};

}  // namespace tlsplus
