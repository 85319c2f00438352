// SPDX-License-Identifier: Apache-2.0
//
// Keys that live elsewhere: whatever an OSSL_STORE loader knows by its URI. Apart from files,
// because here the library calls back, for a PIN.
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/store.h"

namespace tlsplus {
namespace {

void close_store(OSSL_STORE_CTX* store) noexcept {
  (void)OSSL_STORE_close(store);
}

using Store = Handle<OSSL_STORE_CTX, close_store>;
using StoreInfo = Handle<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;
using UiMethod = Handle<UI_METHOD, UI_destroy_method>;

extern "C" {
// pem_password_cb; asked for at most once per URI.
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

// A path of the same name is tried first, and that failure reported before the one that counts.
bool is_scheme_unknown() noexcept {
  const unsigned long code = ERR_peek_last_error();
  return ERR_GET_LIB(code) == ERR_LIB_OSSL_STORE &&
         (ERR_GET_REASON(code) == OSSL_STORE_R_UNREGISTERED_SCHEME ||
          ERR_GET_REASON(code) == ERR_R_UNSUPPORTED);
}

void take(OSSL_STORE_INFO& info, Material& material) {
  switch (OSSL_STORE_INFO_get_type(&info)) {
    case OSSL_STORE_INFO_CERT:
      material.found.add(Kind::certificate);
      material.certificates.emplace_back(OSSL_STORE_INFO_get1_CERT(&info));
      break;
    case OSSL_STORE_INFO_PKEY:
      material.found.add(Kind::private_key);
      if (material.key == nullptr) material.key.reset(OSSL_STORE_INFO_get1_PKEY(&info));
      break;
    case OSSL_STORE_INFO_PUBKEY:
      material.found.add(Kind::public_key);
      break;
    case OSSL_STORE_INFO_CRL:
      material.found.add(Kind::revocation_list);
      break;
    default:
      material.found.add(Kind::other);
      break;
  }
}

}  // namespace

Material MaterialReader::open(const std::string& uri, PinSource& pins) {
  clear_openssl_errors();
  Material material;
  material.encoding = Encoding::uri;
  const UiMethod dialog(UI_UTIL_wrap_read_pem_callback(&tlsplus_give_pin, 0));
  const Store store(
      OSSL_STORE_open(uri.c_str(), dialog.get(), static_cast<void*>(&pins), nullptr, nullptr));
  if (store == nullptr) {
    if (is_scheme_unknown()) {
      clear_openssl_errors();
      material.defects.push_back(
          {Defect::Part::scheme, "no loader for " + uri.substr(0, uri.find(':') + 1)});
    } else {
      material.defects.push_back({Defect::Part::uri, openssl_error("OpenSSL cannot open it").what});
    }
    return material;
  }
  while (OSSL_STORE_eof(store.get()) != 1) {
    const StoreInfo info(OSSL_STORE_load(store.get()));
    if (info != nullptr) {
      take(*info, material);
    } else if (OSSL_STORE_eof(store.get()) != 1 && OSSL_STORE_error(store.get()) == 1) {
      material.defects.push_back(
          {Defect::Part::uri, openssl_error("OpenSSL cannot load from it").what});
      break;
    }
  }
  for (Cert& cert : material.certificates) cert = intern(std::move(cert));
  clear_openssl_errors();
  return material;
}

}  // namespace tlsplus
