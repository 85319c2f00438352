// SPDX-License-Identifier: Apache-2.0
//
// OptionSet::merge(): the one merge that is not "the inner value if there is one": options that add
// and remove.
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

OptionSet OptionSet::merge(const OptionSet& parent, const OptionSet& child) noexcept {
  if (child.absolute) return child;
  OptionSet merged;
  merged.add = (parent.add & ~child.remove) | child.add;
  merged.remove = (parent.remove & ~child.add) | child.remove;
  merged.absolute = parent.absolute;
  merged.origin = child.origin != nullptr ? child.origin : parent.origin;
  return merged;
}

}  // namespace tlsplus
