// SPDX-License-Identifier: Apache-2.0
//
// RequestState: what one check of a request has to tell a later one. Made where there is something
// to tell.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"

namespace tlsplus {

struct RequestState {
  int final_status = 0;  // refused with this, and no other permission counts; 0: not
  /// The header in which the login is ours (SSLOptions +FakeBasicAuth); null: none.
  const char* made_login = nullptr;
};

/// Null if there is none.
inline const RequestState* find_request_state(const request_rec& request) noexcept {
  return static_cast<const RequestState*>(
      ap_get_module_config(request.request_config, &loaded_module()));
}

inline RequestState& request_state(request_rec& request) {
  void* found = ap_get_module_config(request.request_config, &loaded_module());
  if (found != nullptr) return *static_cast<RequestState*>(found);
  auto& made = pool_plain<RequestState>(request.pool);
  ap_set_module_config(request.request_config, &loaded_module(), &made);
  return made;
}

}  // namespace tlsplus
