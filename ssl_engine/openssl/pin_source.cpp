// SPDX-License-Identifier: Apache-2.0
//
// pin_dialog(): a PinSource dressed as a UI_METHOD(3).
#include "ssl_engine/openssl/pin_source.h"

#include <cstring>

namespace tlsplus {

extern "C" {
// pem_password_cb
static int tlsplus_give_pin(char* buffer, int size, int /*for_writing*/, void* source) noexcept {
  try {
    const SecretBytes pin = static_cast<PinSource*>(source)->pin();
    if (pin.empty() || size < 0 || pin.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(buffer, pin.reveal().data(), pin.size());
    return static_cast<int>(pin.size());
  } catch (...) {
    return -1;  // no memory: no PIN
  }
}
}

UiMethod pin_dialog() {
  return UiMethod(UI_UTIL_wrap_read_pem_callback(&tlsplus_give_pin, 0));
}

}  // namespace tlsplus
