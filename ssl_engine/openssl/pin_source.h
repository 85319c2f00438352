// SPDX-License-Identifier: Apache-2.0
//
// PinSource: whoever has the PIN of a token, and the form in which OpenSSL asks for it.
#pragma once

#include <openssl/ui.h>

#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

class PinSource {
 public:
  PinSource() = default;
  PinSource(const PinSource&) = delete;
  PinSource& operator=(const PinSource&) = delete;
  virtual ~PinSource() = default;
  /// Empty: none to be had.
  virtual SecretBytes pin() = 0;
};

using UiMethod = Handle<UI_METHOD, UI_destroy_method>;

/// A dialog that asks the PinSource it is given as data, and shows nothing.
UiMethod pin_dialog();

}  // namespace tlsplus
