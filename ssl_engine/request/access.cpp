// SPDX-License-Identifier: Apache-2.0
//
// fake_login(), is_fake_login(): a subject as the user of HTTP Basic authentication, and the
// password that goes with it. Files of users hold its hash, by DES if they are old, which looks at
// eight characters.
#include "ssl_engine/request/access.h"

#include <cstddef>
#include <cstdint>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

// Files of users hold its hash beside each subject, so it can be no other.
constexpr std::string_view kFakePassword = "password";

/// What DES makes a key of: eight octets without their highest bit, and 0 behind the last.
std::uint64_t des_key(std::string_view password) noexcept {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const unsigned octet = i < password.size() ? static_cast<unsigned char>(password[i]) : 0U;
    key = key << 8U | (octet & 0x7FU);
  }
  return key;
}

}  // namespace

bool is_subject(std::string_view user) noexcept {
  return user.starts_with('/');
}

std::optional<std::string> fake_login(std::string_view subject) {
  if (!is_subject(subject) || subject.find(':') != std::string_view::npos) return std::nullopt;
  return text(subject, ':', kFakePassword);
}

bool is_fake_login(std::string_view user, std::string_view password) noexcept {
  return is_subject(user) && des_key(password) == des_key(kFakePassword);
}

}  // namespace tlsplus
