// SPDX-License-Identifier: Apache-2.0
#include "ssl_engine/access.h"

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/session_info.h"

namespace tlsplus {
namespace {

// Files of users hold its hash beside each subject, so it can be no other.
constexpr std::string_view kFakePassword = "password";

}  // namespace

bool is_verified_client(const TlsView& tls) noexcept {
  return tls.peer != nullptr && is_verified(*tls.ssl) && tls.verify_error.empty() &&
         !tls.verify_lenient;
}

std::optional<std::string> fake_login(std::string_view subject) {
  if (!subject.starts_with('/') || subject.find(':') != std::string_view::npos) return std::nullopt;
  return text(subject, ':', kFakePassword);
}

bool is_fake_login(std::string_view user, std::string_view password) noexcept {
  return user.starts_with('/') && password == kFakePassword;
}

}  // namespace tlsplus
