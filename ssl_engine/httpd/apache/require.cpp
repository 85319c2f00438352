// SPDX-License-Identifier: Apache-2.0
//
// HttpdExpressions: SSLRequire's expressions parsed by ap_expr, whose errors become ours.
#include "ssl_engine/httpd/apache/require.h"

#include <string>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"

namespace tlsplus {
namespace {

struct ParsedRequirement : Requirement {
  const ap_expr_info_t* expression = nullptr;
};

// Older than the narrower flag, AP_EXPR_FLAG_RESTRICTED forbids the same and more.
#ifdef AP_EXPR_FLAG_RESTRICTED_FILE_FUNC
constexpr unsigned kRestricted = AP_EXPR_FLAG_RESTRICTED_FILE_FUNC;
#else
constexpr unsigned kRestricted = AP_EXPR_FLAG_RESTRICTED;
#endif

}  // namespace

Result<Requirement*> HttpdExpressions::parse(std::string_view expression) {
  const unsigned flags = AP_EXPR_FLAG_SSL_EXPR_COMPAT | (restricted_ ? kRestricted : 0U);
  const char* const kept = apr_pstrdup(cmd_.pool, std::string(expression).c_str());
  const char* problem = nullptr;
  const ap_expr_info_t* parsed =
      ap_expr_parse_cmd_mi(&cmd_, kept, flags, &problem, nullptr, module_index());
  if (problem != nullptr) return Error{.what = problem};
  auto& requirement = pool_plain<ParsedRequirement>(cmd_.pool);
  requirement.expression = parsed;
  return &requirement;
}

std::optional<Error> unmet_requirement(request_rec& request, const RequirementList& requirements) {
  const char* problem = nullptr;
  const Requirement* unmet = requirements.first_unmet([&](const Requirement& line) {
    const auto& parsed = static_cast<const ParsedRequirement&>(line);
    return ap_expr_exec(&request, parsed.expression, &problem) > 0;
  });
  if (unmet == nullptr) return std::nullopt;
  const bool is_undecided = problem != nullptr;
  return diagnose(is_undecided ? Tp::requirement_not_evaluated : Tp::requirement_unmet,
                  text(quote(request.uri), ": ", unmet->text, is_undecided ? ": " : "",
                       is_undecided ? problem : ""),
                  unmet->origin->where());
}

}  // namespace tlsplus
