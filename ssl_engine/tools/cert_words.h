// SPDX-License-Identifier: Apache-2.0
//
// key_kind(), server_names(), client_names(): what a person writes about a certificate - names,
// kinds of key - as the values that go into one. A name that no client would accept is refused
// here, before anything is made.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/authority/issuing.h"
#include "ssl_engine/openssl/authority/new_key.h"

namespace tlsplus::tools {

/// "ec" (P-256), "p384", "ed25519", "rsa:3072" (2048 to 8192 bits; "rsa" is 3072).
Result<KeyKind> key_kind(std::string_view word);

/// Names of a server: host names, lower-cased, "*." allowed in front (RFC 6125 6.4.3), and
/// addresses, without or with brackets. The first host name that fits becomes the common name.
Result<SubjectNames> server_names(std::span<const std::string> words);

/// A person or a machine: any text of 1 to 64 characters, and e-mail addresses.
Result<SubjectNames> client_names(std::string_view name, std::span<const std::string> emails);

/// "server.crt" and "server" give "server": what suffixes are put to.
std::string without_suffix(std::string_view path, std::string_view suffix);

}  // namespace tlsplus::tools
