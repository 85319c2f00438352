// SPDX-License-Identifier: Apache-2.0
//
// ServerContext: an SSL_CTX for the server side, with everything set that never differs: what
// OpenSSL should do about old bugs, renegotiation, chains and buffers. The settings that do differ
// are the methods' parameters; each says what OpenSSL refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/tls/callbacks.h"
#include "ssl_engine/openssl/tls/context_settings.h"
#include "ssl_engine/openssl/tls/srp.h"

namespace tlsplus {

/// What OpenSSL's own configuration file lays down for every context (config(5), system_default).
struct SystemDefaults {
  std::uint16_t lowest = 0;  // MinProtocol, MaxProtocol as wire numbers; 0: not given
  std::uint16_t highest = 0;
  std::string cipher_list;  // CipherString, as the suites it comes to; empty: not given
};
SystemDefaults system_defaults();

struct ServerContextFlags {
  bool prefer_server_ciphers = false;
  bool compression = false;
  bool insecure_renegotiation = false;
  bool tickets = true;
};

class ServerContext {
 public:
  /// Versions are wire numbers, 0x0303 for TLS 1.2; both inclusive.
  static Result<ServerContext> make(std::uint16_t lowest, std::uint16_t highest,
                                    const ServerContextFlags& flags);

  // See context_settings.h.
  Status set_cipher_list(const std::string& list) {
    return tlsplus::set_cipher_list(*context_, list);
  }
  Status set_cipher_suites(const std::string& suites) {
    return tlsplus::set_cipher_suites(*context_, suites);
  }
  Status set_groups(std::string_view list) { return tlsplus::set_groups(*context_, list); }
  /// `timeout` bounds sessions in the cache and tickets alike; with 0 none are given.
  void set_sessions(SessionStore store, std::chrono::seconds timeout) noexcept;
  /// Which certificate clients are asked for; see ask_client().
  void set_client_auth(AskClient ask, X509_STORE* store,
                       const STACK_OF(X509_NAME) * names) noexcept {
    ask_client(*context_, ask, store, names);
  }
  /// Lets the ciphers of SRP be agreed on; see srp.h.
  void accept_srp() noexcept { tlsplus::accept_srp(*context_); }
  /// For SSLKEYLOGFILE; see callbacks.h.
  void report_secrets() noexcept { tlsplus::report_secrets(*context_); }
  /// SSL_CONF_cmd(3), in file, server and certificate mode. OpenSSL is given the value with
  /// `suffix`, of which the Error says nothing.
  Status apply_command(const std::string& command, const std::string& value,
                       const char* suffix = "") {
    return commands_.apply(*context_, ConfEnd::server, command, value, suffix);
  }
  /// After the last apply_command().
  Status finish_commands() { return commands_.finish(); }

  /// OpenSSL's own choice goes before parameters that a command has set.
  void choose_no_dh_parameters() noexcept { SSL_CTX_set_dh_auto(context_.get(), 0); }

  SslCtx take() && { return std::move(context_); }

 private:
  explicit ServerContext(SslCtx context) : context_(std::move(context)) {}

  SslCtx context_;
  ContextCommands commands_;
};

}  // namespace tlsplus
