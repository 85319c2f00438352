// SPDX-License-Identifier: Apache-2.0
//
// FipsMode: how the mode is seen and switched on. The default properties decide, not the loading of
// the provider: with both providers active and no property, algorithms come from either.
#include "ssl_engine/openssl/fips.h"

#include <openssl/evp.h>
#include <openssl/provider.h>

#include <utility>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {
namespace {

constexpr const char* kProvider = "fips";

using Digest = Handle<EVP_MD, EVP_MD_free>;

extern "C" {
// OSSL_PROVIDER_do_all(3)
static int tlsplus_add_provider(OSSL_PROVIDER* provider, void* names) noexcept {
  try {
    auto& all = *static_cast<std::string*>(names);
    if (!all.empty()) all += ", ";
    all += OSSL_PROVIDER_get0_name(provider);
    return 1;
  } catch (...) {
    return 0;
  }
}
}

}  // namespace

bool is_fips_in_force() noexcept {
  return EVP_default_properties_is_fips_enabled(nullptr) == 1;
}

bool has_algorithms() noexcept {
  const Digest digest(EVP_MD_fetch(nullptr, "SHA2-256", nullptr));
  if (digest != nullptr) clear_openssl_errors();
  return digest != nullptr;
}

std::string active_providers() {
  std::string names;
  (void)OSSL_PROVIDER_do_all(nullptr, &tlsplus_add_provider, &names);
  return names;
}

Result<FipsMode> FipsMode::switch_on() {
  FipsMode mode;
  if (is_fips_in_force()) return mode;
  clear_openssl_errors();
  if (OSSL_PROVIDER_available(nullptr, kProvider) != 1) {
    constexpr int kKeepDefault = 1;  // files are decoded by it
    mode.provider_ = OSSL_PROVIDER_try_load(nullptr, kProvider, kKeepDefault);
    if (mode.provider_ == nullptr) return openssl_error("the provider \"fips\" cannot be loaded");
  }
  if (EVP_default_properties_enable_fips(nullptr, 1) != 1) {
    return openssl_error("OpenSSL refuses the property fips=yes");
  }
  mode.switched_ = true;
  if (!has_algorithms()) {
    return openssl_error("the provider \"fips\" is there, but gives no algorithms");
  }
  clear_openssl_errors();
  return mode;
}

FipsMode::FipsMode(FipsMode&& other) noexcept
    : provider_(std::exchange(other.provider_, nullptr)),
      switched_(std::exchange(other.switched_, false)) {}

FipsMode& FipsMode::operator=(FipsMode&& other) noexcept {
  std::swap(provider_, other.provider_);
  std::swap(switched_, other.switched_);
  return *this;
}

FipsMode::~FipsMode() {
  if (switched_) (void)EVP_default_properties_enable_fips(nullptr, 0);
  if (provider_ != nullptr) (void)OSSL_PROVIDER_unload(provider_);
}

}  // namespace tlsplus
