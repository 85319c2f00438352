// SPDX-License-Identifier: Apache-2.0
//
// register_environment_hooks(): the environment of TLS requests, put where programs and modules
// look. A request gets pointers into an Environment that it shares with the other requests of its
// connection. apr_table_setn() compares a new name with all that begin with the same four letters,
// "SSL_" here, and would be most of the cost: it is used only when such names are there already.
#include "ssl_engine/httpd/request/environment_hooks.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"
#include "ssl_engine/httpd/connection/tls_connection.h"
#include "ssl_engine/httpd/connection/tls_view.h"
#include "ssl_engine/httpd/request/lookup.h"
#include "ssl_engine/httpd/request/tls_request.h"
#include "ssl_engine/httpd/startup/generation.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/request/environment.h"

namespace tlsplus {
namespace {

using SharedEnvironment = std::shared_ptr<const Environment>;

constexpr const char* kSecureRenegotiationNote = "ssl-secure-reneg";

/// As another fixups hook, SetEnv or an outer request may have left them.
bool has_ssl_names(const apr_table_t& table) noexcept {
  const apr_array_header_t* header = apr_table_elts(&table);
  const std::span entries(reinterpret_cast<const apr_table_entry_t*>(header->elts),
                          static_cast<std::size_t>(header->nelts));
  for (const apr_table_entry_t& entry : entries) {
    if (entry.key != nullptr && starts_with_ignoring_case(entry.key, "SSL_")) return true;
  }
  return false;
}

void export_to(request_rec& request, SharedEnvironment environment, bool may_be_there) {
  apr_table_t* table = request.subprocess_env;
  // the request keeps the memory its table points at, whatever the connection does meanwhile
  const auto& kept = pool_new<SharedEnvironment>(request.pool, std::move(environment));
  for (const Environment::Entry& entry : kept->entries()) {
    if (may_be_there) {
      apr_table_setn(table, entry.name, entry.value);
    } else {
      apr_table_addn(table, entry.name, entry.value);
    }
  }
}

void export_environment(request_rec& request, const TlsView& tls) {
  const OptionSet& options = slot_of(request).config.options;
  const bool standard = options.has(OptionSet::kStdEnvVars);
  const bool certificates = options.has(OptionSet::kExportCertData);
  const bool may_be_there = (standard || certificates) && has_ssl_names(*request.subprocess_env);
  apr_table_setn(request.subprocess_env, "HTTPS", "on");
  if (!tls.sni.empty()) {
    apr_table_setn(request.subprocess_env, "SSL_TLS_SNI",
                   apr_pstrmemdup(request.pool, tls.sni.data(), tls.sni.size()));
  }
  if (standard || certificates) {
    const VariableQuery query = query_for(request.connection, &request);
    EnvironmentCache* cache = tls.cache;
    if (standard) {
      export_to(request, cache != nullptr ? cache->standard(query) : standard_environment(query),
                may_be_there);
      export_to(request,
                tls.servers != nullptr ? tls.servers->of(query) : server_environment(query),
                may_be_there);
    }
    if (certificates) {
      export_to(request,
                cache != nullptr ? cache->certificates(query) : certificate_environment(query),
                may_be_there);
    }
  }
}

int fixups(request_rec& request) {
  const TlsView* tls = tls_view(*request.connection);
  if (tls == nullptr || !is_tls_request(request)) return DECLINED;
  export_environment(request, *tls);
  apr_table_setn(request.notes, kSecureRenegotiationNote,
                 has_secure_renegotiation(*tls->ssl) ? "1" : "0");
  return DECLINED;
}

/// "proxy:fcgi://...", "proxy:unix:/run/php.sock|fcgi://...": a program behind a protocol that
/// carries the environment.
bool is_proxied_program(const char* name) noexcept {
  const std::string_view all = name == nullptr ? "" : name;
  if (!all.starts_with("proxy:")) return false;
  constexpr std::string_view kSchemes[] = {"fcgi://", "scgi://", "uwsgi://"};
  return std::any_of(std::begin(kSchemes), std::end(kSchemes), [&](std::string_view scheme) {
    return all.find(scheme) != std::string_view::npos;
  });
}

bool is_program(const request_rec& request) noexcept {
  constexpr std::string_view kHandlers[] = {"cgi-script",   "application/x-httpd-cgi",
                                            "fcgid-script", "fastcgi-script",
                                            "wsgi-script",  "server-parsed"};
  const std::string_view handler = request.handler == nullptr ? "" : request.handler;
  if (std::find(std::begin(kHandlers), std::end(kHandlers), handler) != std::end(kHandlers)) {
    return true;
  }
  if (is_proxied_program(request.handler) || is_proxied_program(request.filename)) return true;
  for (const ap_filter_t* filter = request.output_filters; filter != nullptr;
       filter = filter->next) {
    if (equals_ignoring_case(filter->frec->name, "includes")) return true;
  }
  return false;
}

/// The commonest question about variables, answered where it arises.
void remark_missing_variables(request_rec& request, LogSink& log) {
  if (slot_of(request).config.options.has(OptionSet::kStdEnvVars)) return;
  if (!is_tls_request(request) || !is_program(request)) return;
  Generation* generation = slot_of(*ap_server_conf).generation;
  const std::string_view path = request.filename == nullptr ? request.uri : request.filename;
  std::string directory(path.substr(0, path.rfind('/') + 1));
  if (generation == nullptr || !generation->told_directories.is_first(directory)) return;
  log_error(log, diagnose(Tp::environment_not_exported, quote(directory)));
}

extern "C" {

static int tlsplus_fixups(request_rec* request) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "fixups", int{HTTP_INTERNAL_SERVER_ERROR},
                     [&] { return fixups(*request); });
}

static void tlsplus_insert_filter(request_rec* request) noexcept {
  RequestLog log(*request);
  if (!log.enabled(Level::debug)) return;
  at_boundary(log, "insert_filter", [&] { remark_missing_variables(*request, log); });
}

}  // extern "C"

}  // namespace

void register_environment_hooks() {
  ap_hook_fixups(sealed(tlsplus_fixups), nullptr, nullptr, APR_HOOK_MIDDLE);
  // The last of them: SSI is a filter, and is there by now.
  ap_hook_insert_filter(sealed(tlsplus_insert_filter), nullptr, nullptr, APR_HOOK_REALLY_LAST);
}

}  // namespace tlsplus
