// SPDX-License-Identifier: Apache-2.0
//
// children_can_reach(): whether the children, which run as another user than the parent, can reach
// a file that they will open by name. Found out in the parent before they exist, so that the
// message names the folder at fault and not only "permission denied".
#pragma once

#include "ssl_engine/base/result.h"

namespace tlsplus {

/// An Error (Tp::cache_folder_closed) names the first folder on the way to `file` that the
/// configured User and Group cannot enter. Fine when httpd does not run as root.
Status children_can_reach(const char* file, const Where& where);

}  // namespace tlsplus
