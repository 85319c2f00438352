// SPDX-License-Identifier: Apache-2.0
//
// HttpdExpressions: SSLRequire's expressions, which are httpd's own, parsed when the configuration
// is read and asked for each request.
#pragma once

#include <optional>

#include "ssl_engine/base/error.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/settings/parse.h"

namespace tlsplus {

class HttpdExpressions final : public ExpressionParser {
 public:
  /// `restricted`: the line comes from somebody who may not read every file of this machine.
  HttpdExpressions(const cmd_parms& cmd, bool restricted) noexcept
      : cmd_(cmd), restricted_(restricted) {}
  [[nodiscard]] Result<Requirement*> parse(std::string_view expression) override;

 private:
  const cmd_parms& cmd_;
  bool restricted_;
};

/// What is to be said of the first requirement that is not met or cannot be evaluated; nothing if
/// all are met.
std::optional<Error> unmet_requirement(request_rec& request, const RequirementList& requirements);

}  // namespace tlsplus
