// SPDX-License-Identifier: Apache-2.0
//
// ManagedDomains: which virtual hosts mod_md will bring certificates for, read from its lines: a
// configuration test ends before mod_md itself can be asked.
#pragma once

#include <string>
#include <vector>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

class ManagedDomains {
 public:
  /// From the lines httpd has read; `scratch` for their words.
  explicit ManagedDomains(apr_pool_t* scratch);

  /// True if mod_md will see to the host: an MDomain has its ServerName or one of its aliases.
  [[nodiscard]] bool cover(const server_rec& server) const;

 private:
  void walk(const ap_directive_t* line, apr_pool_t* scratch);
  void add(std::string name);

  std::vector<std::string> names_;  // lower case; "*.example.com" too
};

}  // namespace tlsplus
