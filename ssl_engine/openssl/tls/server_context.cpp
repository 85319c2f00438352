// SPDX-License-Identifier: Apache-2.0
//
// ServerContext: an SSL_CTX, one setting after the other. What is set on every context, and why,
// stands in base_options() and make(). The rest calls OpenSSL and turns a refusal into an Error.
#include "ssl_engine/openssl/tls/server_context.h"

#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/callbacks.h"

namespace tlsplus {
namespace {

std::uint64_t base_options(const ServerContextFlags& flags) noexcept {
  // Clients may not renegotiate: it costs the server far more than them (CVE-2011-1473).
  // A client that goes without close_notify may still be told what is on its way to it.
  std::uint64_t options = SSL_OP_ALL | SSL_OP_NO_RENEGOTIATION |
                          SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION |
                          SSL_OP_IGNORE_UNEXPECTED_EOF;
  if (flags.prefer_server_ciphers) options |= SSL_OP_CIPHER_SERVER_PREFERENCE;
  if (!flags.compression) options |= SSL_OP_NO_COMPRESSION;
  if (flags.insecure_renegotiation) options |= SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION;
  if (!flags.tickets) options |= SSL_OP_NO_TICKET;
  return options;
}

// The suites of TLS 1.2 and older, in their order: those of 1.3 have a list of their own.
std::string suites_of(const SSL_CTX& context) {
  std::vector<std::string> names;
  const STACK_OF(SSL_CIPHER)* const suites = SSL_CTX_get_ciphers(&context);
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
    const SSL_CIPHER* const suite = sk_SSL_CIPHER_value(suites, i);
    if (SSL_CIPHER_get_protocol_id(suite) >> 8U != 0x13) {
      names.emplace_back(SSL_CIPHER_get_name(suite));
    }
  }
  return join(names, ":");
}

}  // namespace

SystemDefaults system_defaults() {
  SystemDefaults defaults;
  const SslCtx context(SSL_CTX_new(TLS_server_method()));
  if (context != nullptr) {
    defaults.lowest = static_cast<std::uint16_t>(SSL_CTX_get_min_proto_version(context.get()));
    defaults.highest = static_cast<std::uint16_t>(SSL_CTX_get_max_proto_version(context.get()));
    std::string given = suites_of(*context);
    (void)SSL_CTX_set_cipher_list(context.get(), "DEFAULT");
    if (given != suites_of(*context)) defaults.cipher_list = std::move(given);
  }
  clear_openssl_errors();
  return defaults;
}

Result<ServerContext> ServerContext::make(std::uint16_t lowest, std::uint16_t highest,
                                          const ServerContextFlags& flags) {
  clear_openssl_errors();
  SslCtx context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return openssl_error("cannot make a TLS context");
  if (SSL_CTX_set_min_proto_version(context.get(), lowest) != 1 ||
      SSL_CTX_set_max_proto_version(context.get(), highest) != 1) {
    return openssl_error("OpenSSL does not accept this range of versions");
  }
  SSL_CTX_clear_options(context.get(), SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_options(context.get(), base_options(flags));
  // Chains are put in order once, when the files are read, and not looked for in each handshake.
  SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
  // A ticket costs more than its client gains from a second one: each connection that uses one
  // up brings another. SSLOpenSSLConfCmd NumTickets says otherwise.
  SSL_CTX_set_num_tickets(context.get(), 1);
  // Parameters as large as the certificate's key asks for, when DHE is chosen at all.
  SSL_CTX_set_dh_auto(context.get(), 1);
  install_server_callbacks(*context);
  return ServerContext(std::move(context));
}

void ServerContext::set_sessions(SessionStore store, std::chrono::seconds timeout) noexcept {
  set_session_store(*context_, store);
  SSL_CTX_set_timeout(context_.get(), static_cast<long>(timeout.count()));
  if (timeout.count() == 0) SSL_CTX_set_num_tickets(context_.get(), 0);
}

}  // namespace tlsplus
