// SPDX-License-Identifier: Apache-2.0
//
// set_cipher_list() and its kin: what servers' and clients' contexts are told alike. Each says what
// OpenSSL refused.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// For TLS 1.2 and older (openssl-ciphers(1)); an Error if it selects nothing.
Status set_cipher_list(SSL_CTX& context, const std::string& list);
/// For TLS 1.3 (SSL_CTX_set_ciphersuites(3)).
Status set_cipher_suites(SSL_CTX& context, const std::string& suites);
/// As read_groups() takes them.
Status set_groups(SSL_CTX& context, std::string_view list);

/// Commands of SSL_CONF_cmd(3), one after the other.
class ContextCommands {
 public:
  /// One command; a `suffix` is put behind its value, and left out where a refusal shows that.
  Status apply(SSL_CTX& context, ConfEnd end, const std::string& command, const std::string& value,
               const char* suffix = "");
  /// After the last of them.
  Status finish();

 private:
  ConfCtx commands_;
};

}  // namespace tlsplus
