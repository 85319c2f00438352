// SPDX-License-Identifier: Apache-2.0
//
// CryptoEngine: OpenSSL's engines, deprecated since 3.0, gone from 4.0, and on distributions
// without a PKCS#11 provider still the way to a token. Everything that touches one is in here, so
// that a library without them leaves nothing to look for elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/pin_source.h"

namespace tlsplus {

/// "id (name)" of every engine the library has built in or can load by name; empty on a
/// library without engines. Registers the built-in engines with the library, so ask only where
/// the start is about to be refused.
std::vector<std::string> crypto_engines();
enum class EngineKind : std::uint8_t {
  none,      // there is no such engine
  computes,  // an accelerator
  keys,      // opens keys by name, so it has to do with a token
};
/// Loads the engine of that id, and lets it go.
EngineKind crypto_engine_kind(const std::string& id);

/// An engine that is ready for use. Whatever it gave (keys) must be gone before this object is.
class CryptoEngine {
 public:
  /// The Error has OpenSSL's words.
  static Result<std::shared_ptr<CryptoEngine>> start(const std::string& id);
  CryptoEngine(const CryptoEngine&) = delete;
  CryptoEngine& operator=(const CryptoEngine&) = delete;
  /// Undoes make_default(), too.
  ~CryptoEngine();

  /// For everything the library is asked to do in this process.
  Status make_default();
  /// Null: not there; the reason is in the library's error queue.
  Cert certificate(const std::string& uri, PinSource& pins);
  Pkey private_key(const std::string& uri, PinSource& pins);

 private:
  struct Handle;
  explicit CryptoEngine(std::unique_ptr<Handle> handle);

  std::unique_ptr<Handle> handle_;
  bool is_default_ = false;
};

}  // namespace tlsplus
