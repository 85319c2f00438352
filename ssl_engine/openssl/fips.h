// SPDX-License-Identifier: Apache-2.0
//
// FipsMode: the library takes every algorithm from its FIPS provider, or does without
// (fips_module(7)). A matter of the whole process, which another module or OpenSSL's own
// configuration may have settled already.
#pragma once

#include <openssl/types.h>

#include <string>

#include "ssl_engine/base/result.h"

namespace tlsplus {

/// True if algorithms are fetched with fips=yes, whoever decided that.
bool is_fips_in_force() noexcept;
/// False: no provider that is active gives what TLS needs, or the default properties exclude all
/// that do.
bool has_algorithms() noexcept;
/// "default, fips": the providers that are active.
std::string active_providers();

/// Switched on by this object, and back when it goes.
class FipsMode {
 public:
  /// The Error says what is missing. If the mode is in force already, there is nothing to undo.
  static Result<FipsMode> switch_on();
  FipsMode(FipsMode&& other) noexcept;
  FipsMode& operator=(FipsMode&& other) noexcept;
  FipsMode(const FipsMode&) = delete;
  FipsMode& operator=(const FipsMode&) = delete;
  ~FipsMode();

 private:
  FipsMode() = default;

  OSSL_PROVIDER* provider_ = nullptr;  // loaded by us; null: it was there
  bool switched_ = false;
};

}  // namespace tlsplus
