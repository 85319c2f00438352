// SPDX-License-Identifier: Apache-2.0
//
// refusal(): an Error as the commands make them: it has no place in a configuration and no id in
// the catalogue.
#pragma once

#include <string>
#include <utility>

#include "ssl_engine/base/error.h"

namespace tlsplus::tools {

inline Error refusal(std::string what, std::string hint = {}) {
  return {.what = std::move(what), .where = {}, .hint = std::move(hint), .id = 0, .cause = nullptr};
}

}  // namespace tlsplus::tools
