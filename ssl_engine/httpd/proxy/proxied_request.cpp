// SPDX-License-Identifier: Apache-2.0
//
// proxied_request(): noted by the first of the handler hooks, which runs in the thread that will
// look at it, and forgotten when the request's pool goes.
#include "ssl_engine/httpd/proxy/proxied_request.h"

#include <string_view>
#include <utility>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"

namespace tlsplus {
namespace {

thread_local request_rec* current = nullptr;  // NOLINT(*-non-const-global-variables)

bool goes_to_backend(const request_rec& request) noexcept {
  if (request.proxyreq != PROXYREQ_NONE) return true;
  return request.handler != nullptr && std::string_view(request.handler).starts_with("proxy:");
}

extern "C" {

static apr_status_t tlsplus_forget_request(void* request) noexcept {
  if (current == request) current = nullptr;
  return APR_SUCCESS;
}

static int tlsplus_note_request(request_rec* request) noexcept {
  if (!goes_to_backend(*request)) return DECLINED;
  current = request;
  apr_pool_cleanup_register(request->pool, request, sealed(tlsplus_forget_request),
                            apr_pool_cleanup_null);
  return DECLINED;
}

}  // extern "C"

}  // namespace

request_rec* proxied_request() noexcept {
  return current;
}

const ProxyTls* settings_of_proxied_request(const Snapshot& snapshot) noexcept {
  if (current == nullptr) return nullptr;
  return proxy_tls_of(snapshot, current->per_dir_config, *current->server);
}

void register_proxied_request_hook() {
  ap_hook_handler(sealed(tlsplus_note_request), nullptr, nullptr, APR_HOOK_REALLY_FIRST);
}

}  // namespace tlsplus
