// SPDX-License-Identifier: Apache-2.0
//
// SrpUsers, srp_user(): who may come, and who has. OpenSSL keeps the name of the ClientHello,
// whatever comes of it: it is believed only where the key exchange was SRP.
#include "ssl_engine/openssl/tls/srp.h"

#include <openssl/objects.h>
#include <openssl/ssl.h>

#ifndef OPENSSL_NO_SRP

#include <openssl/srp.h>

#include <map>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/tls/callbacks.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace tlsplus {
namespace {

// Called by name they would be deprecated where Handle is written.
void free_user(SRP_user_pwd* user) noexcept {
  SRP_user_pwd_free(user);
}
void free_users(SRP_VBASE* users) noexcept {
  SRP_VBASE_free(users);
}

using UserEntry = Handle<SRP_user_pwd, free_user>;

bool is_srp(const SSL_CIPHER* cipher) noexcept {
  return cipher != nullptr && SSL_CIPHER_get_kx_nid(cipher) == NID_kx_srp;
}

std::string_view view_of(const char* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

SrpUsers::Problem problem_of(int code) noexcept {
  switch (code) {
    case SRP_NO_ERROR:
      return SrpUsers::Problem::none;
    case SRP_ERR_VBASE_INCOMPLETE_FILE:
      return SrpUsers::Problem::incomplete;
    case SRP_ERR_VBASE_BN_LIB:
      return SrpUsers::Problem::not_a_number;
    default:
      return SrpUsers::Problem::failed;
  }
}

extern "C" {

static int tlsplus_srp_username(SSL* ssl, int* alert, void*) noexcept {
  auto& events = static_cast<ServerEvents&>(events_of(*ssl));
  *alert = SSL_AD_UNKNOWN_PSK_IDENTITY;  // RFC 5054 2.5.1.3
  return at_boundary(events.log(), "srp_username", int{SSL3_AL_FATAL}, [&] {
    const SrpUsers* users = events.srp_users(*ssl);
    return users != nullptr && users->offer(*ssl) ? SSL_ERROR_NONE : SSL3_AL_FATAL;
  });
}

}  // extern "C"

}  // namespace

struct SrpUsers::Base {
  Handle<SRP_VBASE, free_users> users;
};

SrpUsers::SrpUsers(std::unique_ptr<Base> base) noexcept : base_(std::move(base)) {}
SrpUsers::~SrpUsers() = default;

namespace {

// A made-up user must have the group of the others to look like one of them: that of most.
void pretend_like_most(SRP_VBASE& base) {
  std::map<const BIGNUM*, std::size_t> users_of_group;
  std::size_t most = 0;
  for (int i = 0; i < sk_SRP_user_pwd_num(base.users_pwd); ++i) {
    const SRP_user_pwd& user = *sk_SRP_user_pwd_value(base.users_pwd, i);
    const std::size_t users = ++users_of_group[user.N];
    if (users <= most) continue;
    most = users;
    base.default_g = user.g;
    base.default_N = user.N;
  }
}

}  // namespace

SrpUsers::Read SrpUsers::read(const std::string& path, const std::string& seed) {
  std::string own_path = path;  // OpenSSL takes them without const, and changes neither
  std::string own_seed = seed;
  clear_openssl_errors();
  auto base = std::make_unique<Base>();
  base->users.reset(SRP_VBASE_new(seed.empty() ? nullptr : own_seed.data()));
  const int code =
      base->users == nullptr ? SRP_ERR_MEMORY : SRP_VBASE_init(base->users.get(), own_path.data());
  clear_openssl_errors();
  if (code != SRP_NO_ERROR) return {nullptr, problem_of(code)};
  if (!seed.empty()) pretend_like_most(*base->users);
  return {std::make_shared<const SrpUsers>(std::move(base)), Problem::none};
}

std::size_t SrpUsers::count() const noexcept {
  const int users = sk_SRP_user_pwd_num(base_->users->users_pwd);
  return users < 0 ? 0 : static_cast<std::size_t>(users);
}

bool SrpUsers::contains(std::string_view user) const noexcept {
  for (int i = 0; i < sk_SRP_user_pwd_num(base_->users->users_pwd); ++i) {
    if (view_of(sk_SRP_user_pwd_value(base_->users->users_pwd, i)->id) == user) return true;
  }
  return false;
}

bool SrpUsers::offer(SSL& ssl) const noexcept {
  char* name = SSL_get_srp_username(&ssl);
  if (name == nullptr) return false;
  const UserEntry user(SRP_VBASE_get1_by_user(base_->users.get(), name));
  return user != nullptr &&
         SSL_set_srp_server_param(&ssl, user->N, user->g, user->s, user->v, user->info) == 1;
}

bool library_has_srp() noexcept {
  return true;
}

void accept_srp(SSL_CTX& context) noexcept {
  SSL_CTX_set_srp_username_callback(&context, sealed(tlsplus_srp_username));
}

std::string_view srp_user(SSL& ssl) noexcept {
  if (!is_srp(SSL_get_current_cipher(&ssl))) return {};
  return view_of(SSL_get_srp_username(&ssl));
}

std::string_view srp_user_info(SSL& ssl) noexcept {
  if (!is_srp(SSL_get_current_cipher(&ssl))) return {};
  return view_of(SSL_get_srp_userinfo(&ssl));
}

std::string_view srp_claim(SSL& ssl) noexcept {
  if (!is_srp(SSL_get_pending_cipher(&ssl))) return {};
  return view_of(SSL_get_srp_username(&ssl));
}

}  // namespace tlsplus

#else  // OPENSSL_NO_SRP

namespace tlsplus {

struct SrpUsers::Base {};

SrpUsers::SrpUsers(std::unique_ptr<Base> base) noexcept : base_(std::move(base)) {}
SrpUsers::~SrpUsers() = default;

SrpUsers::Read SrpUsers::read(const std::string& /*path*/, const std::string& /*seed*/) {
  return {nullptr, Problem::unavailable};
}
std::size_t SrpUsers::count() const noexcept {
  return 0;
}
bool SrpUsers::contains(std::string_view /*user*/) const noexcept {
  return false;
}
bool SrpUsers::offer(SSL& /*ssl*/) const noexcept {
  return false;
}
bool library_has_srp() noexcept {
  return false;
}
void accept_srp(SSL_CTX& /*context*/) noexcept {}
std::string_view srp_user(SSL& /*ssl*/) noexcept {
  return {};
}
std::string_view srp_user_info(SSL& /*ssl*/) noexcept {
  return {};
}
std::string_view srp_claim(SSL& /*ssl*/) noexcept {
  return {};
}

}  // namespace tlsplus

#endif
