// SPDX-License-Identifier: Apache-2.0
//
// register_staple_provider(): ap_ssl_ocsp_prime() and ap_ssl_ocsp_get_resp() from the side of who
// answers. We ask the same hooks for our own certificates, as mod_md may have responses for them:
// such questions of ours are not for us. Whoever else answers comes first.
#include "ssl_engine/httpd/lifecycle/staple_provider.h"

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/connection/tls_connection.h"
#include "ssl_engine/httpd/startup/generation.h"

namespace tlsplus {
namespace {

int prime(const server_rec& server, std::string_view id, const char* pem) {
  const ServerSlot& slot = slot_of(server);
  const auto snapshot = slot.generation == nullptr ? nullptr : slot.generation->engine.snapshot();
  if (snapshot == nullptr || pem == nullptr) return DECLINED;
  const Host& host = snapshot->host(slot.host_index);
  return slot.generation->stapling.take(host, id, pem) ? OK : DECLINED;
}

extern "C" {

static int tlsplus_ocsp_prime(server_rec* server, apr_pool_t*, const char* id, apr_size_t id_len,
                              const char* pem) noexcept {
  ServerLog log(server);
  return at_boundary(log, "ssl_ocsp_prime", int{DECLINED}, [&] {
    return prime(*server, {id, id_len}, pem);
  });
}

static int tlsplus_ocsp_get_resp(server_rec* server, conn_rec* connection, const char* id,
                                 apr_size_t id_len, ap_ssl_ocsp_copy_resp* give,
                                 void* data) noexcept {
  Generation* const generation = slot_of(*server).generation;
  if (generation == nullptr) return DECLINED;
  if (connection != nullptr && tls_of(*connection) != nullptr) return DECLINED;
  const auto staple = generation->stapling.foreign_staple({id, id_len});
  if (staple == nullptr) return DECLINED;
  give(staple->der.data(), staple->der.size(), data);
  return OK;
}

}  // extern "C"

}  // namespace

void register_staple_provider() {
  ap_hook_ssl_ocsp_prime_hook(sealed(tlsplus_ocsp_prime), nullptr, nullptr, APR_HOOK_REALLY_LAST);
  ap_hook_ssl_ocsp_get_resp_hook(sealed(tlsplus_ocsp_get_resp), nullptr, nullptr,
                                 APR_HOOK_REALLY_LAST);
}

}  // namespace tlsplus
