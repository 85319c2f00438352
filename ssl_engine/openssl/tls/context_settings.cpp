// SPDX-License-Identifier: Apache-2.0
//
// set_cipher_list() and its kin call OpenSSL and turn a refusal into an Error.
#include "ssl_engine/openssl/tls/context_settings.h"

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/command_words.h"

namespace tlsplus {

Status set_cipher_list(SSL_CTX& context, const std::string& list) {
  clear_openssl_errors();
  if (SSL_CTX_set_cipher_list(&context, list.c_str()) == 1) return {};
  return openssl_error("no cipher is selected by \"" + list + "\"");
}

Status set_cipher_suites(SSL_CTX& context, const std::string& suites) {
  clear_openssl_errors();
  if (SSL_CTX_set_ciphersuites(&context, suites.c_str()) == 1) return {};
  return openssl_error("no TLS 1.3 cipher suite is selected by \"" + suites + "\"");
}

Status set_groups(SSL_CTX& context, std::string_view list) {
  const GroupList groups = read_groups(list);
  if (std::string fault = groups.fault(); !fault.empty()) return Error{.what = std::move(fault)};
  clear_openssl_errors();
  if (SSL_CTX_set1_groups_list(&context, groups.usable.c_str()) == 1) return {};
  return openssl_error("the groups \"" + groups.usable + "\" are refused");
}

}  // namespace tlsplus
