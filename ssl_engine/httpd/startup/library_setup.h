// SPDX-License-Identifier: Apache-2.0
//
// LibrarySetup: what a configuration changes in OpenSSL for the whole process, namely FIPS mode and
// the engine of SSLCryptoDevice. Both are undone when it goes, so that the next configuration finds
// the library as this one did.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/openssl/fips.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

class LibrarySetup {
 public:
  /// Before any context is made: they remember where their ciphers come from. All findings.
  std::vector<Finding> apply(const GlobalConfig& global);

  /// In a child: the engine that apply() had to leave alone. Logs what does not work.
  void apply_in_child(const GlobalConfig& global, LogSink& log);

 private:
  Status start_engine(const std::string& id);

  std::optional<FipsMode> fips_;
  std::shared_ptr<CryptoEngine> engine_;  // while this process has it
};

}  // namespace tlsplus
