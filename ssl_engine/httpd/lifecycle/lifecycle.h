// SPDX-License-Identifier: Apache-2.0
//
// The lifecycle hooks, from the configuration to a serving process: pre_config, check_config,
// test_config, post_config, child_init, monitor. check_config judges (configtest runs it and it can
// fail), post_config puts to work what check_config built.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// All of the above; in register_hooks.
void register_lifecycle_hooks();

}  // namespace tlsplus
