// SPDX-License-Identifier: Apache-2.0
//
// status_text(): what APR calls a status, of its own and of the system, as errno_text() for errno.
#pragma once

#include <array>
#include <string>

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

inline std::string status_text(apr_status_t status) {
  std::array<char, 128> words{};
  return apr_strerror(status, words.data(), words.size());
}

}  // namespace tlsplus
