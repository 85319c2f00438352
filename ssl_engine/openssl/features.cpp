// SPDX-License-Identifier: Apache-2.0
//
// library_speaks() and its kin: compile-time switches of OpenSSL and the few run-time questions
// that go with them.
#include "ssl_engine/openssl/features.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <iterator>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {
namespace {

constexpr int kBuiltIn[] = {
// OpenSSL 4.0 has no SSLv3 any more, and no word that says so.
#if OPENSSL_VERSION_MAJOR < 4 && !defined(OPENSSL_NO_SSL3) && !defined(OPENSSL_NO_SSL3_METHOD)
    SSL3_VERSION,
#endif
#if !defined(OPENSSL_NO_TLS1) && !defined(OPENSSL_NO_TLS1_METHOD)
    TLS1_VERSION,
#endif
#if !defined(OPENSSL_NO_TLS1_1) && !defined(OPENSSL_NO_TLS1_1_METHOD)
    TLS1_1_VERSION,
#endif
#if !defined(OPENSSL_NO_TLS1_2) && !defined(OPENSSL_NO_TLS1_2_METHOD)
    TLS1_2_VERSION,
#endif
#if !defined(OPENSSL_NO_TLS1_3)
    TLS1_3_VERSION,
#endif
};

}  // namespace

bool library_speaks(std::uint16_t wire_version) noexcept {
  return std::ranges::find(kBuiltIn, wire_version) != std::end(kBuiltIn);
}

bool library_logs_secrets() noexcept {
#if OPENSSL_VERSION_NUMBER >= 0x30500000L && !defined(OPENSSL_NO_SSLKEYLOG)
  return true;
#else
  return false;
#endif
}

bool library_compresses() noexcept {
  // The stack belongs to the library.
  return sk_SSL_COMP_num(SSL_COMP_get_compression_methods()) > 0;
}

unsigned conf_flags(ConfEnd end) noexcept {
  return SSL_CONF_FLAG_FILE |
         (end == ConfEnd::server ? SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE
                                 : SSL_CONF_FLAG_CLIENT);
}

ConfValue conf_command_value(std::string_view command, ConfEnd end) {
  const ConfCtx context(SSL_CONF_CTX_new());
  if (!context) return ConfValue::unknown;
  SSL_CONF_CTX_set_flags(context.get(), conf_flags(end));
  switch (SSL_CONF_cmd_value_type(context.get(), std::string(command).c_str())) {
    case SSL_CONF_TYPE_STRING:
      return ConfValue::text;
    case SSL_CONF_TYPE_FILE:
      return ConfValue::file;
    case SSL_CONF_TYPE_DIR:
      return ConfValue::directory;
    case SSL_CONF_TYPE_STORE:
      return ConfValue::store;
    case SSL_CONF_TYPE_NONE:
      return ConfValue::none;
    default:
      return ConfValue::unknown;
  }
}

std::string_view library_release() noexcept {
  return OpenSSL_version(OPENSSL_VERSION);
}

}  // namespace tlsplus
