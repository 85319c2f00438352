// SPDX-License-Identifier: Apache-2.0
//
// ClientContext: an SSL_CTX for connections to other servers, with everything set that never
// differs. The settings that do differ are the methods' parameters; each says what OpenSSL refused.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/tls/callbacks.h"
#include "ssl_engine/openssl/tls/context_settings.h"

namespace tlsplus {

class ClientContext {
 public:
  /// Versions are wire numbers, 0x0303 for TLS 1.2; both inclusive.
  static Result<ClientContext> make(std::uint16_t lowest, std::uint16_t highest);

  // See context_settings.h.
  Status set_cipher_list(const std::string& list) {
    return tlsplus::set_cipher_list(*context_, list);
  }
  Status set_cipher_suites(const std::string& suites) {
    return tlsplus::set_cipher_suites(*context_, suites);
  }
  Status set_groups(std::string_view list) { return tlsplus::set_groups(*context_, list); }
  /// SSL_CONF_cmd(3), in file and client mode; see ContextCommands.
  Status apply_command(const std::string& command, const std::string& value,
                       const char* suffix = "") {
    return commands_.apply(*context_, ConfEnd::client, command, value, suffix);
  }
  Status finish_commands() { return commands_.finish(); }
  /// Whether a server whose certificate is refused is left, and what that is held against; null:
  /// nobody is believed. It is judged in either case (ClientEvents::judge()).
  void set_peer_auth(bool insist, X509_STORE* store) noexcept {
    ask_client(*context_, insist ? AskClient::yes : AskClient::no, store, nullptr);
  }
  /// For SSLKEYLOGFILE; see callbacks.h.
  void report_secrets() noexcept { tlsplus::report_secrets(*context_); }

  SslCtx take() && { return std::move(context_); }

 private:
  explicit ClientContext(SslCtx context) : context_(std::move(context)) {}

  SslCtx context_;
  ContextCommands commands_;
};

}  // namespace tlsplus
