// SPDX-License-Identifier: Apache-2.0
//
// seed_at_startup(): SSLRandomSeed carried out. OpenSSL 3 seeds itself, so sources only add to what
// is there, and no source may hold up a start, let alone a connection: devices are read without
// waiting, programs have a few seconds, and the `connect` lines are not carried out at all.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/entropy.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

struct SeedLimits {
  std::size_t most_bytes = std::size_t{1} << 20U;  // of one source, whatever its line asks for
  std::chrono::milliseconds program{5000};         // for one program
};

/// Mixes every `startup` source into `pool`, in the order of the lines. A source that fails does
/// not end the start: the findings are warnings, and one info for what was done with each line
/// (one for all `connect` lines together). Runs programs and reads files: once per start, not while
/// a configuration is only tested.
std::vector<Finding> seed_at_startup(const GlobalConfig& config, EntropyPool& pool,
                                     const SeedLimits& limits = {});

}  // namespace tlsplus
