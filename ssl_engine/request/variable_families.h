// SPDX-License-Identifier: Apache-2.0
//
// find_in_family(), family_value(): the variables with an index or an attribute in their name,
// which have a grammar instead of a thousand rows.
#pragma once

#include <string_view>

#include "ssl_engine/request/variable_value.h"

namespace tlsplus {

/// Kind::none if it is none of them.
Variable find_in_family(std::string_view name) noexcept;
/// Of what find_in_family() has found.
Value family_value(const Variable& variable, const VariableQuery& query);

}  // namespace tlsplus
