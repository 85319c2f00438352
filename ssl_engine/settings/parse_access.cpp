// SPDX-License-Identifier: Apache-2.0
//
// parse_require_tls(), parse_requirement(): the words of the directives about access. The syntax of
// expressions is httpd's affair; ours is to say what people get wrong most.
#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/parse.h"

namespace tlsplus {
namespace {

/// Names of functions ignore case; what stands before one may be part of a longer name.
bool calls_oid(std::string_view expression) noexcept {
  constexpr std::string_view kCall = "OID(";
  for (std::size_t at = 0; at + kCall.size() <= expression.size(); ++at) {
    const bool is_name_before =
        at > 0 && (to_lower(expression[at - 1]) >= 'a' && to_lower(expression[at - 1]) <= 'z');
    if (!is_name_before && starts_with_ignoring_case(expression.substr(at), kCall)) return true;
  }
  return false;
}

bool is_quoted_whole(std::string_view expression) noexcept {
  return expression.size() > 1 && (expression.front() == '"' || expression.front() == '\'') &&
         expression.back() == expression.front();
}

std::string hint_for(std::string_view expression) {
  if (calls_oid(expression)) {
    return "OID() became PeerExtList() long ago: write \"value\" in PeerExtList(\"1.2.3.4\")";
  }
  if (is_quoted_whole(expression)) return "take away the quotes around the whole expression";
  return {};
}

}  // namespace

Result<bool> parse_require_tls(const Line& line) {
  if (!line.words.empty()) line.remark(Tp::require_ssl_argument, quote(line.word(0)));
  return true;
}

Result<Requirement*> parse_requirement(const Line& line) {
  const std::string_view expression = trim(line.word(0));
  auto parsed = line.expressions.parse(expression);
  if (!parsed) {
    return line.refusal(Tp::requirement_not_parsed, text(expression, ": ", parsed.error().what),
                        hint_for(expression));
  }
  (*parsed)->text = expression;
  (*parsed)->origin = &line.origin;
  return parsed;
}

}  // namespace tlsplus
