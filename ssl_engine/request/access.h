// SPDX-License-Identifier: Apache-2.0
//
// fake_login(), is_fake_login(): who may see what, as far as it needs no httpd. The hooks in httpd/
// ask the questions in their order and carry out the answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tlsplus {

/// The login of basic authentication that a client's certificate stands for (SSLOptions
/// +FakeBasicAuth): user and password with a colon in between, to be encoded (RFC 7617 2).
///
/// subject  in the form /C=x/CN=y
/// Returns  nullopt if the subject cannot be a user: one with a colon would be cut there and be
///          somebody else, one without any attribute is nobody
std::optional<std::string> fake_login(std::string_view subject);

/// The user of a login looks like a subject.
bool is_subject(std::string_view user) noexcept;

/// A login that nobody but the server itself may make up: the user looks like a subject, and the
/// password is one that a hash of fake_login()'s may take for it. crypt() with DES, still the one
/// of many user files, looks at eight octets of seven bits.
bool is_fake_login(std::string_view user, std::string_view password) noexcept;

}  // namespace tlsplus
