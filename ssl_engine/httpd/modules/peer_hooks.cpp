// SPDX-License-Identifier: Apache-2.0
//
// challenge_from_modules(), staple_from_modules() and their kin: what other modules are asked, and
// in which order. httpd's core hooks come first, then the optional ones of modules that were built
// for mod_ssl; the latter are resolved by name, so such modules load and work without a rebuild.
#include "ssl_engine/httpd/modules/peer_hooks.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"
#include "ssl_engine/httpd/modules/mod_ssl_hooks.h"
#include "ssl_engine/openssl/x509/pem_pair.h"

namespace tlsplus {
namespace {

std::optional<ChallengeCertificate> usable(Cert leaf, Pkey key) {
  if (leaf == nullptr || key == nullptr) return std::nullopt;
  return ChallengeCertificate{std::move(leaf), std::move(key)};
}

const char* as_chars(const StapleId& id) noexcept {
  return reinterpret_cast<const char*>(id.data());
}

bool is_hooked(const apr_array_header_t* hooks) noexcept {
  return hooks != nullptr && hooks->nelts > 0;
}

/// True if no module but `name` is on the list, whose entries are of type `Link`.
template <class Link>
bool has_only(std::string_view name, const apr_array_header_t* hooks) noexcept {
  if (hooks == nullptr) return true;
  const std::span entries(reinterpret_cast<const Link*>(hooks->elts),
                          static_cast<std::size_t>(hooks->nelts));
  return std::ranges::all_of(entries, [name](const Link& link) {
    return link.szName != nullptr && std::string_view(link.szName) == name;
  });
}

/// ap_ssl_ocsp_copy_resp; `data` is a Staple.
void copy_response(const unsigned char* der, apr_size_t size, void* data) noexcept {
  *static_cast<ServerEvents::Staple*>(data) = staple_from({der, size});
}

}  // namespace

std::optional<ChallengeCertificate> challenge_from_modules(conn_rec& connection,
                                                           const std::string& server_name) {
  const char* cert_pem = nullptr;
  const char* key_pem = nullptr;
  if (ap_ssl_answer_challenge(&connection, server_name.c_str(), &cert_pem, &key_pem) != 0) {
    return usable(certificate_from_pem(cert_pem), key_from_pem(key_pem));
  }
  X509* leaf = nullptr;
  EVP_PKEY* key = nullptr;
  if (ssl_run_answer_challenge(&connection, server_name.c_str(), &leaf, &key) == OK) {
    return usable(Cert(leaf), Pkey(key));
  }
  return std::nullopt;
}

bool modules_accept_handshake(conn_rec& connection, SSL& ssl, HandshakeWith peer) {
  const int answer =
      ssl_run_pre_handshake(&connection, &ssl, peer == HandshakeWith::backend ? 1 : 0);
  return answer == OK || answer == DECLINED;
}

bool modules_accept_backend(conn_rec& connection, SSL& ssl) {
  const int answer = ssl_run_proxy_post_handshake(&connection, &ssl);
  return answer == OK || answer == DECLINED;
}

ServerEvents::Staple staple_from_modules(conn_rec& connection, server_rec& server, X509& leaf,
                                         const StapleId& id) {
  ServerEvents::Staple staple;
  if (ap_ssl_ocsp_get_resp(&server, &connection, as_chars(id), id.size(), copy_response, &staple) ==
      APR_SUCCESS) {
    return staple;
  }
  int size = 0;
  if (ssl_run_get_stapling_status(&staple.der, &size, &connection, &server, &leaf) != OK) return {};
  staple.size_bytes = size;
  return staple;
}

bool modules_want_staples() {
  return !has_only<ap_LINK_ssl_ocsp_prime_hook_t>(loaded_module().name,
                                                  ap_hook_get_ssl_ocsp_prime_hook()) ||
         is_hooked(apr_optional_hook_get("init_stapling_status"));
}

std::vector<const Certificate*> prime_staples(server_rec& server, apr_pool_t* pool,
                                              const Host& host) {
  std::vector<const Certificate*> taken;
  for (const auto& certificate : host.certificates) {
    // Whoever gets to see it may keep it as long as the configuration.
    X509* const leaf = pool_new<Cert>(pool, certificate->leaf().open()).get();
    if (leaf == nullptr) continue;
    X509* const issuer = certificate->issuer();
    const StapleId id = staple_id_of(*leaf);
    const std::string pem = pem_of(*leaf, issuer);
    if (ap_ssl_ocsp_prime(&server, pool, as_chars(id), id.size(), pem.c_str()) == APR_SUCCESS ||
        ssl_run_init_stapling_status(&server, pool, leaf, issuer) == OK) {
      taken.push_back(certificate.get());
    }
  }
  return taken;
}

bool modules_bring_certificates() {
  return is_hooked(ap_hook_get_ssl_add_cert_files()) ||
         is_hooked(ap_hook_get_ssl_add_fallback_cert_files()) ||
         is_hooked(apr_optional_hook_get("add_cert_files")) ||
         is_hooked(apr_optional_hook_get("add_fallback_cert_files"));
}

bool only_mod_md_brings_certificates() {
  constexpr std::string_view kModMd = "mod_md.c";
  return has_only<ap_LINK_ssl_add_cert_files_t>(kModMd, ap_hook_get_ssl_add_cert_files()) &&
         has_only<ap_LINK_ssl_add_fallback_cert_files_t>(
             kModMd, ap_hook_get_ssl_add_fallback_cert_files()) &&
         !is_hooked(apr_optional_hook_get("add_cert_files")) &&
         !is_hooked(apr_optional_hook_get("add_fallback_cert_files"));
}

void add_certificates_from_modules(server_rec& server, apr_pool_t* pool,
                                   apr_array_header_t& certificates, apr_array_header_t& keys) {
  (void)ap_ssl_add_cert_files(&server, pool, &certificates, &keys);
  (void)ssl_run_add_cert_files(&server, pool, &certificates, &keys);
}

void add_fallback_from_modules(server_rec& server, apr_pool_t* pool,
                               apr_array_header_t& certificates, apr_array_header_t& keys) {
  (void)ap_ssl_add_fallback_cert_files(&server, pool, &certificates, &keys);
  (void)ssl_run_add_fallback_cert_files(&server, pool, &certificates, &keys);
}

bool modules_want_contexts() {
  return is_hooked(apr_optional_hook_get("init_server"));
}

Status show_context_to_modules(server_rec& server, apr_pool_t* pool, HandshakeWith peer,
                               SSL_CTX& context, const std::string& whose) {
  const int answer =
      ssl_run_init_server(&server, pool, peer == HandshakeWith::backend ? 1 : 0, &context);
  if (answer == OK || answer == DECLINED) return {};
  return Error{.what = text("another module refuses the TLS context of ", whose)};
}

}  // namespace tlsplus
