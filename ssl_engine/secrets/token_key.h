// SPDX-License-Identifier: Apache-2.0
//
// TokenKey: a private key on a token, behind a URI, opened in each child and tried again after the
// token went away. What a PKCS#11 library knows does not survive a fork, so each process that signs
// opens the key for itself, once, before its first connection. A token may go away while the server
// runs: that is said once and not for every handshake, other hosts go on, and the key is tried
// again now and then.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/token.h"

namespace tlsplus {

/// Any thread, once open() has returned. `mutex_` guards what changes; whoever talks to the token
/// holds `turn_`, which all keys of a server share, and nobody waits for it on a connection.
class TokenKey {
 public:
  /// `uri` is bare (token_uri.h); `engine` as in open_token(); `pin` may be empty.
  TokenKey(std::string uri, std::string engine, SecretBytes pin, Pkey public_half,
           std::shared_ptr<std::mutex> turn);
  TokenKey(const TokenKey&) = delete;
  TokenKey& operator=(const TokenKey&) = delete;
  ~TokenKey() = default;

  [[nodiscard]] const std::string& uri() const noexcept { return uri_; }
  [[nodiscard]] const SecretBytes& pin() const noexcept { return pin_; }

  /// The PIN was refused: another attempt might lock the token, so there is none.
  void give_up() noexcept { is_hopeless_ = true; }

  /// Opens the key in this process and tries it with one signature; a failure is logged.
  void open(Instant now, LogSink& log);
  /// The key to sign with; null while its token is not there. Tries to open it again when that is
  /// due and no other thread does.
  Pkey borrow(Instant now, LogSink& log);
  /// A handshake has failed and the key may be why: tries it, at most once a second.
  void doubt(Instant now, LogSink& log);

 private:
  Pkey shared_key() const;
  void attempt(Instant now, LogSink& log);
  void lose(Instant now, LogSink& log, std::string_view evidence, bool is_for_good);

  const std::string uri_;
  const std::string engine_;
  const SecretBytes pin_;
  const Pkey public_half_;
  const std::shared_ptr<std::mutex> turn_;

  mutable std::mutex mutex_;
  std::shared_ptr<CryptoEngine> keeper_;  // goes after the key
  Pkey key_;
  Instant next_attempt_{};
  Instant next_doubt_{};
  std::chrono::seconds pause_{0};
  bool is_lost_ = false;  // and that was said
  bool is_hopeless_ = false;
};

}  // namespace tlsplus
