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

Status ContextCommands::apply(SSL_CTX& context, ConfEnd end, const std::string& command,
                              const std::string& value, const char* suffix) {
  if (commands_ == nullptr) {
    commands_.reset(SSL_CONF_CTX_new());
    if (commands_ == nullptr) return openssl_error("cannot apply configuration commands");
    SSL_CONF_CTX_set_flags(commands_.get(), conf_flags(end) | SSL_CONF_FLAG_SHOW_ERRORS);
    SSL_CONF_CTX_set_ssl_ctx(commands_.get(), &context);
  }
  clear_openssl_errors();
  const int result = SSL_CONF_cmd(commands_.get(), command.c_str(), (value + suffix).c_str());
  if (result == 2 || result == 1) return {};
  if (result == -2) return Error{.what = "OpenSSL knows no command " + command};
  return openssl_error("OpenSSL refuses " + command + " \"" + value + "\"");
}

Status ContextCommands::finish() {
  if (commands_ == nullptr) return {};
  clear_openssl_errors();
  if (SSL_CONF_CTX_finish(commands_.get()) == 1) return {};
  return openssl_error("the configuration commands do not fit together");
}

}  // namespace tlsplus
