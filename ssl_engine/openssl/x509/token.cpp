// SPDX-License-Identifier: Apache-2.0
//
// open_token(): what opens a URI. Engine first, as configurations for mod_ssl expect it; then the
// stores of providers.
#include "ssl_engine/openssl/x509/token.h"

#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/openssl/encode.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

void close_store(OSSL_STORE_CTX* store) noexcept {
  (void)OSSL_STORE_close(store);
}

using Store = Handle<OSSL_STORE_CTX, close_store>;
using StoreInfo = Handle<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;
using Loader = Handle<OSSL_STORE_LOADER, OSSL_STORE_LOADER_free>;
using DigestCtx = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

// CKR_PIN_INCORRECT, _INVALID, _LEN_RANGE, _EXPIRED, _LOCKED: engines and providers report what
// PKCS#11 gave them under its own number (PKCS#11 base specification, 5.1).
bool is_pin_refused() noexcept {
  const unsigned long code = ERR_peek_error();
  constexpr int kFirst = 0xa0;
  constexpr int kLast = 0xa4;
  return ERR_GET_LIB(code) >= ERR_LIB_USER && ERR_GET_REASON(code) >= kFirst &&
         ERR_GET_REASON(code) <= kLast;
}

// A path of the same name is tried first, and that failure reported before the one that counts.
bool is_scheme_unknown() noexcept {
  const unsigned long code = ERR_peek_last_error();
  return ERR_GET_LIB(code) == ERR_LIB_OSSL_STORE &&
         (ERR_GET_REASON(code) == OSSL_STORE_R_UNREGISTERED_SCHEME ||
          ERR_GET_REASON(code) == ERR_R_UNSUPPORTED);
}

void complain(OpenedToken& opened, const std::string& what) {
  const auto part = is_pin_refused() ? Defect::Part::pin : Defect::Part::uri;
  opened.defects.push_back({part, openssl_error(what).what});
}

void take(OSSL_STORE_INFO& info, OpenedToken& opened) {
  switch (OSSL_STORE_INFO_get_type(&info)) {
    case OSSL_STORE_INFO_CERT:
      opened.found.add(Kind::certificate);
      opened.certificates.emplace_back(OSSL_STORE_INFO_get1_CERT(&info));
      break;
    case OSSL_STORE_INFO_PKEY:
      opened.found.add(Kind::private_key);
      if (opened.key == nullptr) opened.key.reset(OSSL_STORE_INFO_get1_PKEY(&info));
      break;
    case OSSL_STORE_INFO_PUBKEY:
      opened.found.add(Kind::public_key);
      break;
    case OSSL_STORE_INFO_CRL:
      opened.found.add(Kind::revocation_list);
      break;
    default:
      opened.found.add(Kind::other);
      break;
  }
}

OpenedToken open_in_engine(const std::string& uri, const std::string& id, TokenWanted wanted,
                           PinSource& pins) {
  OpenedToken opened;
  auto engine = CryptoEngine::start(id);
  if (!engine) {
    opened.defects.push_back({Defect::Part::uri, engine.error().what});
    return opened;
  }
  opened.engine = std::move(*engine);
  clear_openssl_errors();
  if (wanted.certificate) {
    if (Cert cert = opened.engine->certificate(uri, pins); cert != nullptr) {
      opened.found.add(Kind::certificate);
      opened.certificates.push_back(std::move(cert));
    } else if (!wanted.key) {
      complain(opened, text("the engine ", id, " gave no certificate"));
      return opened;
    }
  }
  clear_openssl_errors();
  if (wanted.key) {
    opened.key = opened.engine->private_key(uri, pins);
    if (opened.key != nullptr) {
      opened.found.add(Kind::private_key);
    } else if (opened.certificates.empty() || is_pin_refused()) {
      complain(opened, text("the engine ", id, " gave no key"));
    }
  }
  clear_openssl_errors();
  return opened;
}

OpenedToken open_in_store(const std::string& uri, TokenWanted wanted, PinSource& pins) {
  OpenedToken opened;
  const UiMethod dialog = pin_dialog();
  clear_openssl_errors();
  const Store store(
      OSSL_STORE_open(uri.c_str(), dialog.get(), static_cast<void*>(&pins), nullptr, nullptr));
  if (store == nullptr) {
    if (is_scheme_unknown()) {
      opened.defects.push_back(
          {Defect::Part::scheme, "no loader for " + uri.substr(0, uri.find(':') + 1)});
    } else {
      complain(opened, "OpenSSL cannot open it");
    }
    clear_openssl_errors();
    return opened;
  }
  if (wanted.certificate != wanted.key) {
    // Otherwise a token may ask for the PIN of a key that nobody wants.
    (void)OSSL_STORE_expect(store.get(), wanted.key ? OSSL_STORE_INFO_PKEY : OSSL_STORE_INFO_CERT);
  }
  while (OSSL_STORE_eof(store.get()) != 1) {
    const StoreInfo info(OSSL_STORE_load(store.get()));
    if (info != nullptr) {
      take(*info, opened);
    } else if (OSSL_STORE_eof(store.get()) != 1 && OSSL_STORE_error(store.get()) == 1) {
      complain(opened, "OpenSSL cannot load from it");
      break;
    }
  }
  if (opened.found.empty() && opened.defects.empty()) {
    complain(opened, "OpenSSL finds nothing there");
  }
  clear_openssl_errors();
  return opened;
}

bool has_everything(const OpenedToken& opened, TokenWanted wanted) noexcept {
  return (!wanted.certificate || !opened.certificates.empty()) &&
         (!wanted.key || opened.key != nullptr || !opened.certificates.empty());
}

bool is_about_pin(const Defect& defect) noexcept {
  return defect.part == Defect::Part::pin;
}

}  // namespace

bool is_store_scheme(const std::string& scheme) {
  const Loader loader(OSSL_STORE_LOADER_fetch(nullptr, scheme.c_str(), nullptr));
  clear_openssl_errors();
  return loader != nullptr;
}

OpenedToken open_token(const std::string& uri, const std::string& engine, TokenWanted wanted,
                       PinSource& pins) {
  if (!engine.empty()) return open_in_engine(uri, engine, wanted, pins);
  const std::string scheme = uri.substr(0, uri.find(':'));
  if (crypto_engine_kind(scheme) != EngineKind::keys) return open_in_store(uri, wanted, pins);
  OpenedToken first = open_in_engine(uri, scheme, wanted, pins);
  // A second attempt with a PIN that was refused may lock the token.
  if (has_everything(first, wanted) || std::ranges::any_of(first.defects, is_about_pin)) {
    return first;
  }
  OpenedToken second = open_in_store(uri, wanted, pins);
  if (has_everything(second, wanted)) return second;
  const bool is_unknown = std::ranges::any_of(
      second.defects, [](const Defect& defect) { return defect.part == Defect::Part::scheme; });
  // Without a provider for it, the engine's words are the ones that count.
  if (!is_unknown) std::ranges::move(second.defects, std::back_inserter(first.defects));
  return first;
}

Status try_signature(EVP_PKEY& key, EVP_PKEY& public_half) {
  constexpr auto kText = std::to_array<Byte>({'m', 'o', 'd', '_', 't', 'l', 's'});
  constexpr int kEd25519 = EVP_PKEY_ED25519;
  clear_openssl_errors();
  const int kind = EVP_PKEY_get_id(&public_half);
  const EVP_MD* const digest = kind == kEd25519 || kind == EVP_PKEY_ED448 ? nullptr : EVP_sha256();
  const DigestCtx signer(EVP_MD_CTX_new());
  const DigestCtx verifier(EVP_MD_CTX_new());
  std::vector<Byte> signature(
      static_cast<std::size_t>(std::max(EVP_PKEY_get_size(&public_half), 0)));
  std::size_t size = signature.size();
  if (signer == nullptr || verifier == nullptr ||
      EVP_DigestSignInit(signer.get(), nullptr, digest, nullptr, &key) != 1 ||
      EVP_DigestSign(signer.get(), signature.data(), &size, kText.data(), kText.size()) != 1) {
    return openssl_error("it does not sign");
  }
  if (EVP_DigestVerifyInit(verifier.get(), nullptr, digest, nullptr, &public_half) != 1 ||
      EVP_DigestVerify(verifier.get(), signature.data(), size, kText.data(), kText.size()) != 1) {
    return openssl_error("its signature does not verify");
  }
  clear_openssl_errors();
  return {};
}

std::string public_key_der(EVP_PKEY& key) {
  return der_of<i2d_PUBKEY>(key);
}

Pkey public_key_from_der(ByteView der) {
  const unsigned char* at = der.data();
  Pkey key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  clear_openssl_errors();
  return key;
}

std::string certificate_der(const X509& cert) {
  return der_of<i2d_X509>(cert);
}

Cert certificate_from_der(ByteView der) {
  Cert cert = parse_certificate(der);
  clear_openssl_errors();
  return cert;
}

}  // namespace tlsplus
