// SPDX-License-Identifier: Apache-2.0
//
// mod_tlsplus: TLS for Apache httpd, in the place of mod_ssl. Two module records over the same
// code, so that both `LoadModule ssl_module` and `LoadModule tlsplus_module` name this file,
// and the list of hooks. Everything else lies in ssl_engine/.
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/connection/connection_hooks.h"
#include "ssl_engine/httpd/connection/filters.h"
#include "ssl_engine/httpd/connection/plain_port.h"
#include "ssl_engine/httpd/lifecycle/lifecycle.h"
#include "ssl_engine/httpd/lifecycle/staple_provider.h"
#include "ssl_engine/httpd/proxy/proxy_hooks.h"
#include "ssl_engine/httpd/request/access_hooks.h"
#include "ssl_engine/httpd/request/auth_providers.h"
#include "ssl_engine/httpd/request/client_cert_hooks.h"
#include "ssl_engine/httpd/request/environment_hooks.h"
#include "ssl_engine/httpd/request/lookup.h"
#include "ssl_engine/httpd/request/request_hooks.h"
#include "ssl_engine/httpd/startup/config.h"

namespace {

void register_hooks(apr_pool_t* pool) noexcept {
  tlsplus::register_lifecycle_hooks();
  tlsplus::register_staple_provider();
  tlsplus::register_filters();
  tlsplus::register_plain_port_filter();
  tlsplus::register_connection_hooks();
  tlsplus::register_proxy_hooks();
  tlsplus::register_request_hooks();
  tlsplus::register_access_hooks();
  tlsplus::register_auth_providers(pool);
  tlsplus::register_lookup_hooks();
  tlsplus::register_client_cert_hooks();
  tlsplus::register_environment_hooks();
}

// The name is what <IfModule>, LogLevel and the hook ordering of mod_http2, mod_md and
// mod_reqtimeout look for; __FILE__ would end in .cpp.
module record(const char* name) noexcept {
  return {MODULE_MAGIC_NUMBER_MAJOR,
          MODULE_MAGIC_NUMBER_MINOR,
          -1,
          name,
          nullptr,
          nullptr,
          MODULE_MAGIC_COOKIE,
          nullptr,
          tlsplus::tlsplus_create_dir_config,
          tlsplus::tlsplus_merge_dir_config,
          tlsplus::tlsplus_create_server_config,
          tlsplus::tlsplus_merge_server_config,
          tlsplus::command_table(),
          register_hooks,
          AP_MODULE_FLAG_ALWAYS_MERGE};
}

}  // namespace

extern "C" {
// httpd writes to them.
// NOLINTBEGIN(*-avoid-non-const-global-variables)
module AP_MODULE_DECLARE_DATA ssl_module = record("mod_ssl.c");
module AP_MODULE_DECLARE_DATA tlsplus_module = record("mod_tlsplus.c");
// NOLINTEND(*-avoid-non-const-global-variables)
}
