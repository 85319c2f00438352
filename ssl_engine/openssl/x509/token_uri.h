// SPDX-License-Identifier: Apache-2.0
//
// TokenUri: a URI in the place of a file name: the pkcs11: scheme of RFC 7512, and whatever else a
// provider of OpenSSL opens. A PIN that is written in it is taken out at once, so that neither a
// message nor a library's error queue can show it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ssl_engine/base/secret.h"

namespace tlsplus {

/// "pkcs11" of "pkcs11:object=x", lower case; empty for anything that is a path: one that begins
/// with a slash or a dot, or has none of RFC 3986's schemes in front.
std::string scheme_of(std::string_view value);
/// True if `value`, which the configuration names as certificate or key, is no path.
bool is_token_uri(std::string_view value);

/// "/a.pem" of "file:/a.pem", "file:///a.pem" and "file://localhost/a.pem" (RFC 8089).
std::string_view path_of_file_uri(std::string_view uri);

struct TokenUri {
  explicit TokenUri(std::string_view uri);

  std::string bare;      // without PIN and pin-source; this is what is opened
  std::string token;     // the part that selects the token: equal for two objects of one token
  std::string pin_file;  // of pin-source, absolute as written; empty: none
  std::optional<SecretBytes> pin;  // of pin-value
};

/// `bare`, or the path: what messages and dumps show for a value of SSLCertificateFile.
std::string shown_file(std::string_view value);
/// `bare` for a certificate, changed so that it selects the private key beside it: type=cert
/// becomes type=private.
std::string private_key_uri(std::string_view bare);

}  // namespace tlsplus
