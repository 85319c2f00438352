// SPDX-License-Identifier: Apache-2.0
//
// library_speaks() and its kin: what this build of OpenSSL can do, asked while directives are read:
// a distribution may have compiled versions, compression or engines out, and the message should say
// so.
#pragma once

#include <openssl/opensslconf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tlsplus {

/// True if the library was built with the protocol of that number (0x0303 is TLS 1.2).
bool library_speaks(std::uint16_t wire_version) noexcept;

/// True if the library offers at least one TLS compression method (RFC 3749).
bool library_compresses() noexcept;

/// True if the library itself writes secrets to SSLKEYLOGFILE.
bool library_logs_secrets() noexcept;

/// What kind of value a command of SSL_CONF_cmd(3) wants.
enum class ConfValue : std::uint8_t { unknown, none, text, file, directory, store };
enum class ConfEnd : std::uint8_t {
  server,  // with a certificate
  client   // without: what it shows and whom it believes is said in other ways
};
/// `command` as in a configuration file ("Curves", any case). `unknown`: the library has no such
/// command for that end, in a file.
ConfValue conf_command_value(std::string_view command, ConfEnd end = ConfEnd::server);
/// What SSL_CONF_CTX_set_flags(3) is to be given for it.
unsigned conf_flags(ConfEnd end) noexcept;

/// OpenSSL_version(3): "OpenSSL 3.0.17 1 Jul 2025".
std::string_view library_release() noexcept;

}  // namespace tlsplus
