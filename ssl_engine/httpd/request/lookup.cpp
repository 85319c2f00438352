// SPDX-License-Identifier: Apache-2.0
//
// register_lookup_hooks(): variables looked up in each of the ways there are. The core asks the
// hook first and our optional function, which it has replaced by its own, only when no hook
// answered. So the hook says nothing where it knows nothing, and the optional function, of which
// mod_ssl's users expect that it never returns NULL, has the last word.
#include "ssl_engine/httpd/request/lookup.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/connection/tls_view.h"
#include "ssl_engine/httpd/proxy/proxy_variables.h"
#include "ssl_engine/httpd/request/request_variables.h"

namespace tlsplus {
namespace {

/// "mod_ssl/2.4.71": scripts take it apart, so it names the module we stand in for and the
/// httpd that runs.
std::string_view interface_version() {
  static const std::string version = [] {
    ap_version_t httpd;
    ap_get_server_revision(&httpd);
    return text("mod_ssl/", httpd.major, '.', httpd.minor, '.', httpd.patch, httpd.add_string);
  }();
  return version;
}

bool is_https(std::string_view name) noexcept {
  return equals_ignoring_case(name, "HTTPS");
}

/// nullptr: no value, or not ours to say.
const char* answer(apr_pool_t* pool, const conn_rec* connection, request_rec* request,
                   std::string_view name) {
  const Variable variable = find_variable(name);
  if (!variable) {
    const char* const fact = request == nullptr ? nullptr : proxy_variable(*request, name);
    return fact != nullptr ? fact : request_variable(pool, request, name);
  }
  const VariableQuery query = query_for(connection, request);
  if (query.tls == nullptr && is_https(name)) return nullptr;
  const auto value = value_of(variable, query);
  return value && !value->view().empty() ? to_pool(pool, *value) : nullptr;
}

/// Where a value goes when the caller names no pool: the shortest life that is long enough.
apr_pool_t* pool_for(server_rec* server, conn_rec* connection, request_rec* request) noexcept {
  if (request != nullptr) return request->pool;
  if (connection != nullptr) return connection->pool;
  return (server != nullptr ? server : ap_server_conf)->process->pool;
}

apr_array_header_t* extension_array(apr_pool_t* pool, const conn_rec* connection, bool peer,
                                    const char* oid) {
  const TlsView* tls = connection == nullptr ? nullptr : tls_view(*connection);
  if (tls == nullptr || oid == nullptr) return nullptr;
  const auto found = extension_list(*tls, peer, oid);
  if (found.empty()) return nullptr;
  apr_array_header_t* array =
      apr_array_make(pool, static_cast<int>(found.size()), sizeof(const char*));
  for (const std::string& text : found) {
    *static_cast<const char**>(apr_array_push(array)) =
        apr_pstrmemdup(pool, text.data(), text.size());
  }
  return array;
}

// ---- expressions ----

/// What a parsed %{SSL_...} keeps: found once, asked for with every evaluation.
struct ParsedVariable {
  Variable variable;
  const char* name;
};

const char* evaluate(const ap_expr_eval_ctx_t& context, const ParsedVariable& parsed) {
  const VariableQuery query = query_for(context.c, context.r);
  if (query.tls == nullptr) {
    return ap_ssl_var_lookup(context.p, context.s, context.c, context.r, parsed.name);
  }
  if (!parsed.variable) return nullptr;
  const auto value = value_of(parsed.variable, query);
  return value ? to_pool(context.p, *value) : nullptr;
}

bool is_function(const ap_expr_lookup_parms& wanted, int type, std::string_view name) noexcept {
  return wanted.type == type && equals_ignoring_case(wanted.name, name);
}

// ---- log formats ----

/// The names of %{...}c, older than the variables themselves.
constexpr struct {
  std::string_view name;
  const char* variable;
} kLegacyNames[] = {
    {"version", "SSL_PROTOCOL"},       {"cipher", "SSL_CIPHER"},
    {"subjectdn", "SSL_CLIENT_S_DN"},  {"issuerdn", "SSL_CLIENT_I_DN"},
    {"clientcert", "SSL_CLIENT_S_DN"}, {"cacert", "SSL_CLIENT_I_DN"},
};

const char* log_variable(request_rec& request, const char* name) {
  const char* value =
      ap_ssl_var_lookup(request.pool, request.server, request.connection, &request, name);
  return value == nullptr || *value == '\0' ? nullptr : ap_escape_logitem(request.pool, value);
}

const char* log_legacy(request_rec& request, std::string_view name) {
  const TlsView* tls = tls_view(*request.connection);
  if (tls == nullptr) return nullptr;
  if (name == "errstr" && !tls->verify_error.empty()) {
    return ap_escape_logitem(request.pool, apr_pstrmemdup(request.pool, tls->verify_error.data(),
                                                          tls->verify_error.size()));
  }
  for (const auto& legacy : kLegacyNames) {
    if (legacy.name == name) return log_variable(request, legacy.variable);
  }
  return nullptr;
}

// ---- entry points ----

extern "C" {

static const char* tlsplus_ssl_var_lookup(apr_pool_t* pool, server_rec* server,
                                          conn_rec* connection, request_rec* request,
                                          const char* name) noexcept {
  ServerLog log(server);
  return at_boundary(log, "ssl_var_lookup", static_cast<const char*>(nullptr), [&] {
    if (pool == nullptr) pool = pool_for(server, connection, request);
    return name == nullptr ? nullptr : answer(pool, connection, request, name);
  });
}

// The optional function: mod_ssl declared it before const was in use.
static char* tlsplus_optional_var_lookup(apr_pool_t* pool, server_rec* server, conn_rec* connection,
                                         request_rec* request, char* name) noexcept {
  if (pool == nullptr) pool = pool_for(server, connection, request);
  const char* value = tlsplus_ssl_var_lookup(pool, server, connection, request, name);
  if (value != nullptr) return apr_pstrdup(pool, value);
  if (name == nullptr || !is_https(name)) return apr_pstrdup(pool, "");
  if (connection == nullptr && request != nullptr) connection = request->connection;
  if (connection == nullptr) return apr_pstrdup(pool, "");
  return apr_pstrdup(pool, ap_ssl_conn_is_ssl(connection) != 0 ? "on" : "off");
}

static apr_array_header_t* tlsplus_optional_ext_list(apr_pool_t* pool, conn_rec* connection,
                                                     int peer, const char* oid) noexcept {
  ServerLog log(nullptr);
  return at_boundary(log, "ssl_ext_list", static_cast<apr_array_header_t*>(nullptr),
                     [&] { return extension_array(pool, connection, peer != 0, oid); });
}

static const char* tlsplus_expr_variable(ap_expr_eval_ctx_t* context, const void* data) noexcept {
  ServerLog log(context->s);
  return at_boundary(log, "expression variable", static_cast<const char*>(nullptr),
                     [&] { return evaluate(*context, *static_cast<const ParsedVariable*>(data)); });
}

static const char* tlsplus_expr_ssl(ap_expr_eval_ctx_t* context, const void* /*data*/,
                                    const char* name) noexcept {
  return ap_ssl_var_lookup(context->p, context->s, context->c, context->r, name);
}

static apr_array_header_t* tlsplus_expr_ext_list(ap_expr_eval_ctx_t* context, const void* /*data*/,
                                                 const char* oid) noexcept {
  return tlsplus_optional_ext_list(context->p, context->c, 1, oid);
}

static int tlsplus_expr_lookup(ap_expr_lookup_parms* wanted) noexcept {
  if (wanted->type == AP_EXPR_FUNC_VAR && starts_with_ignoring_case(wanted->name, "SSL_")) {
    auto* parsed = static_cast<ParsedVariable*>(apr_palloc(wanted->pool, sizeof(ParsedVariable)));
    *parsed = {find_variable(wanted->name), apr_pstrdup(wanted->pool, wanted->name)};
    *wanted->data = parsed;
    *wanted->func = reinterpret_cast<const void*>(sealed(tlsplus_expr_variable));
    return OK;
  }
  if (is_function(*wanted, AP_EXPR_FUNC_STRING, "SSL")) {
    *wanted->data = nullptr;
    *wanted->func = reinterpret_cast<const void*>(sealed(tlsplus_expr_ssl));
    return OK;
  }
  if (is_function(*wanted, AP_EXPR_FUNC_LIST, "PeerExtList")) {
    *wanted->data = nullptr;
    *wanted->func = reinterpret_cast<const void*>(sealed(tlsplus_expr_ext_list));
    return OK;
  }
  return DECLINED;
}

static const char* tlsplus_log_x(request_rec* request, char* name) noexcept {
  return log_variable(*request, name);
}

static const char* tlsplus_log_c(request_rec* request, char* name) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "log format", static_cast<const char*>(nullptr),
                     [&] { return log_legacy(*request, name); });
}

static int tlsplus_log_formats(apr_pool_t* pool, apr_pool_t* /*log*/,
                               apr_pool_t* /*temporary*/) noexcept {
  auto* add = APR_RETRIEVE_OPTIONAL_FN(ap_register_log_handler);
  if (add == nullptr) return OK;  // mod_log_config is not loaded
  char x[] = "x";                 // NOLINT(*-avoid-c-arrays): the parameter is a char*
  char c[] = "c";                 // NOLINT(*-avoid-c-arrays)
  add(pool, apr_pstrdup(pool, x), sealed(tlsplus_log_x), 0);
  add(pool, apr_pstrdup(pool, c), sealed(tlsplus_log_c), 0);
  return OK;
}

}  // extern "C"

/// Optional functions are known by name alone; APR casts them back to the type their users
/// declare.
template <class Function>
void offer(const char* name, Function* function) {
  apr_dynamic_fn_register(name, reinterpret_cast<apr_opt_fn_t*>(function));
}

}  // namespace

VariableQuery query_for(const conn_rec* connection, const request_rec* request) {
  VariableQuery query;
  if (connection == nullptr && request != nullptr) connection = request->connection;
  if (connection != nullptr) query.tls = tls_view(*connection);
  query.interface_version = interface_version();
  query.now = wall_time(apr_time_sec(apr_time_now()));
  query.legacy_dn = request != nullptr && request->per_dir_config != nullptr &&
                    slot_of(*request).config.options.has(OptionSet::kLegacyDnString);
  return query;
}

const char* to_pool(apr_pool_t* pool, const VariableText& value) {
  const std::string_view text = value.view();
  return value.is_lasting() ? text.data() : apr_pstrmemdup(pool, text.data(), text.size());
}

void register_lookup_hooks() {
  ap_hook_ssl_var_lookup(sealed(tlsplus_ssl_var_lookup), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_expr_lookup(sealed(tlsplus_expr_lookup), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_pre_config(sealed(tlsplus_log_formats), nullptr, nullptr, APR_HOOK_MIDDLE);
  offer("ssl_var_lookup", sealed(tlsplus_optional_var_lookup));
  offer("ssl_ext_list", sealed(tlsplus_optional_ext_list));
}

}  // namespace tlsplus
