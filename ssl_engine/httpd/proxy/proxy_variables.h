// SPDX-License-Identifier: Apache-2.0
//
// ProxyVariables: the SSL_PROXY_ variables of a request, which say how it was passed on. A pooled
// connection goes to others before a request is logged, so the request keeps what was known.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/request/variables.h"

namespace tlsplus {

/// Immutable; made once for each connection.
class ProxyVariables {
 public:
  /// Of a connection whose handshake is complete.
  ProxyVariables(const TlsView& view, WallTime now);
  /// Null if there is no variable of that name, or it has no value. Case does not matter.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;

 private:
  static constexpr std::size_t kCount = 9;
  std::array<std::string, kCount> values_;
};

/// The request has gone, or goes, over that connection.
void note_backend(request_rec& request, std::shared_ptr<const ProxyVariables> variables);
/// The value of an SSL_PROXY_ variable for `request`, or for the one that it is a part of; null:
/// none. Lives as long as that request.
const char* proxy_variable(const request_rec& request, std::string_view name) noexcept;

}  // namespace tlsplus
