// SPDX-License-Identifier: Apache-2.0
//
// The module's identity, found by name and address. Module records are told apart by their name
// string and address: ours may be loaded under either name, a stranger under one of them is mod_ssl
// or a second copy of us.
#include "ssl_engine/httpd/startup/identity.h"

#include <charconv>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/version.h"

namespace tlsplus {
namespace {

bool is_loaded(const module& record) noexcept {
  return record.module_index >= 0;
}

/// The patch level in "Apache/2.4.71 (Debian)"; -1 if it is not there.
int patch_level_of(std::string_view description) noexcept {
  const auto at = description.find("/2.4.");
  if (at == std::string_view::npos) return -1;
  const std::string_view digits = description.substr(at + 5);
  int patch = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), patch);
  return patch;
}

std::optional<Error> another_module() {
  const module* named_mod_ssl = ap_find_linked_module("mod_ssl.c");
  const module* named_ours = ap_find_linked_module("mod_tlsplus.c");
  if (named_ours != nullptr && named_ours != &tlsplus_module) {
    return diagnose(Tp::loaded_twice, "two files of mod_tlsplus are loaded");
  }
  if (named_mod_ssl != nullptr && named_mod_ssl != &ssl_module) {
    return diagnose(Tp::beside_mod_ssl, {});
  }
  if (is_loaded(ssl_module) && is_loaded(tlsplus_module)) {
    return diagnose(Tp::loaded_twice, "as ssl_module and as tlsplus_module");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> identity_problem() {
  if (auto problem = another_module()) return problem;
  const std::string_view httpd = ap_get_server_description();
  if (const int patch = patch_level_of(httpd); patch >= 0 && patch < AP_SERVER_PATCHLEVEL_NUMBER) {
    return diagnose(Tp::httpd_too_old,
                    text("this is ", httpd, ", the module was built for ", AP_SERVER_BASEVERSION));
  }
  if (is_openssl_older_than_built()) {
    return diagnose(Tp::openssl_too_old,
                    text("this is ", openssl_version(), ", the module was built for ",
                         openssl_version_built()));
  }
  return std::nullopt;
}

std::string own_version() {
  return text("mod_tlsplus ", TLSPLUS_VERSION, ", ", openssl_version());
}

const char* loaded_as() noexcept {
  return is_loaded(tlsplus_module) ? "tlsplus_module" : "ssl_module";
}

}  // namespace tlsplus
