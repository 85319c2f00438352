// SPDX-License-Identifier: Apache-2.0
//
// SRP (RFC 5054): clients that prove a password in the handshake, of TLS 1.2 and older. OpenSSL 3
// declares all of it deprecated and has nothing in its place, so everything that touches it is in
// this pair of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// False: the library was built without SRP, and nobody is ever a user here.
bool library_has_srp() noexcept;

/// The users of one verifier file (openssl-srp(1)). Immutable: any thread may ask.
class SrpUsers {
 public:
  enum class Problem : std::uint8_t { none, unavailable, incomplete, not_a_number, failed };
  struct Read {
    std::shared_ptr<const SrpUsers> users;  // null if there is a problem
    Problem problem = Problem::none;
  };
  /// OpenSSL reads the file at `path`. With a `seed`, a name that is not in the file is answered
  /// with values made from it that look like those of a user, so that nobody can find out who is
  /// one; empty: such a name is refused. A row whose group is unknown is left out without a word:
  /// ask contains().
  static Read read(const std::string& path, const std::string& seed);

  [[nodiscard]] std::size_t count() const noexcept;
  [[nodiscard]] bool contains(std::string_view user) const noexcept;
  /// Gives the handshake of `ssl` what it needs to verify the user the client named. False: there
  /// is no such user, nor anything to answer in the place of one.
  bool offer(SSL& ssl) const noexcept;

  struct Base;  // OpenSSL's
  explicit SrpUsers(std::unique_ptr<Base> base) noexcept;
  SrpUsers(const SrpUsers&) = delete;
  SrpUsers& operator=(const SrpUsers&) = delete;
  ~SrpUsers();

 private:
  std::unique_ptr<Base> base_;
};

/// Lets the ciphers of SRP be agreed on; ServerEvents::srp_users() is then asked for the users.
void accept_srp(SSL_CTX& context) noexcept;

/// The user whose password was proved in the handshake, and what the verifier file says of that
/// user; borrowed from the SSL; empty if none was. A client may name a user and then agree on
/// a cipher without SRP: that proves nothing, and is nobody.
std::string_view srp_user(SSL& ssl) noexcept;
std::string_view srp_user_info(SSL& ssl) noexcept;
/// The user a client names in a handshake that will verify it, or has failed to; empty if the
/// cipher is another.
std::string_view srp_claim(SSL& ssl) noexcept;

}  // namespace tlsplus
