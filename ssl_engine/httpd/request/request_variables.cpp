// SPDX-License-Identifier: Apache-2.0
//
// request_variable(): two tables ordered by name, and two prefixes. httpd's functions take a
// non-const request because some of them look things up and remember the answer in it.
#include "ssl_engine/httpd/request/request_variables.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

const char* header(request_rec& request, const char* name) {
  return apr_table_get(request.headers_in, name);
}

struct RequestRow {
  std::string_view name;
  const char* (*value)(request_rec&);
};

// clang-format off
constexpr RequestRow kRequestRows[] = {
    {"AUTH_TYPE", [](request_rec& r) -> const char* { return r.ap_auth_type; }},
    {"DOCUMENT_ROOT", [](request_rec& r) -> const char* { return ap_document_root(&r); }},
    {"HTTP_ACCEPT", [](request_rec& r) { return header(r, "Accept"); }},
    {"HTTP_COOKIE", [](request_rec& r) { return header(r, "Cookie"); }},
    {"HTTP_FORWARDED", [](request_rec& r) { return header(r, "Forwarded"); }},
    {"HTTP_HOST", [](request_rec& r) { return header(r, "Host"); }},
    {"HTTP_PROXY_CONNECTION", [](request_rec& r) { return header(r, "Proxy-Connection"); }},
    {"HTTP_REFERER", [](request_rec& r) { return header(r, "Referer"); }},
    {"HTTP_USER_AGENT", [](request_rec& r) { return header(r, "User-Agent"); }},
    {"IS_SUBREQ", [](request_rec& r) -> const char* { return r.main != nullptr ? "true" : "false"; }},
    {"PATH_INFO", [](request_rec& r) -> const char* { return r.path_info; }},
    {"QUERY_STRING", [](request_rec& r) -> const char* { return r.args; }},
    {"REMOTE_ADDR", [](request_rec& r) -> const char* { return r.useragent_ip; }},
    {"REMOTE_HOST", [](request_rec& r) { return ap_get_useragent_host(&r, REMOTE_NAME, nullptr); }},
    {"REMOTE_IDENT", [](request_rec& r) { return ap_get_remote_logname(&r); }},
    {"REMOTE_USER", [](request_rec& r) -> const char* { return r.user; }},
    {"REQUEST_FILENAME", [](request_rec& r) -> const char* { return r.filename; }},
    {"REQUEST_METHOD", [](request_rec& r) { return r.method; }},
    {"REQUEST_SCHEME", [](request_rec& r) -> const char* { return ap_http_scheme(&r); }},
    {"REQUEST_URI", [](request_rec& r) -> const char* { return r.uri; }},
    {"SCRIPT_FILENAME", [](request_rec& r) -> const char* { return r.filename; }},
    {"SERVER_ADMIN", [](request_rec& r) -> const char* { return r.server->server_admin; }},
    {"SERVER_NAME", [](request_rec& r) { return ap_get_server_name(&r); }},
    {"SERVER_PORT", [](request_rec& r) -> const char* {
       return apr_psprintf(r.pool, "%u", static_cast<unsigned>(ap_get_server_port(&r))); }},
    {"SERVER_PROTOCOL", [](request_rec& r) -> const char* { return r.protocol; }},
    {"THE_REQUEST", [](request_rec& r) -> const char* { return r.the_request; }},
};
// clang-format on
static_assert(std::ranges::is_sorted(kRequestRows, {}, &RequestRow::name));

struct TimeRow {
  std::string_view name;
  const char* format;  // of strftime()
};

constexpr TimeRow kTimeRows[] = {
    {"TIME", "%Y%m%d%H%M%S"}, {"TIME_DAY", "%d"}, {"TIME_HOUR", "%H"}, {"TIME_MIN", "%M"},
    {"TIME_MON", "%m"},       {"TIME_SEC", "%S"}, {"TIME_WDAY", "%w"}, {"TIME_YEAR", "%Y"},
};

constexpr const char* kApiVersion = APR_STRINGIFY(MODULE_MAGIC_NUMBER_MAJOR);

template <class Row, std::size_t Count>
const Row* find_row(const Row (&rows)[Count], std::string_view name) noexcept {  // NOLINT(*-arrays)
  const Row* found = std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) {
    return equals_ignoring_case(row.name, name);
  });
  return found == std::end(rows) ? nullptr : found;
}

const char* local_time(apr_pool_t* pool, const char* format) {
  constexpr apr_size_t kRoom = 32;
  apr_time_exp_t parts;
  if (apr_time_exp_lt(&parts, apr_time_now()) != APR_SUCCESS) return nullptr;
  auto* text = static_cast<char*>(apr_palloc(pool, kRoom));
  apr_size_t size = 0;
  return apr_strftime(text, &size, kRoom, format, &parts) == APR_SUCCESS ? text : nullptr;
}

/// Request notes, then the request's environment, then the process's.
const char* environment_variable(const request_rec* request, const char* name) {
  const char* value = nullptr;
  if (request != nullptr) value = apr_table_get(request->notes, name);
  if (value == nullptr && request != nullptr) value = apr_table_get(request->subprocess_env, name);
  // nobody changes the process's environment once the server runs
  return value != nullptr ? value : std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

const char* request_variable(apr_pool_t* pool, request_rec* request, std::string_view name) {
  constexpr std::string_view kHeader = "HTTP:";
  constexpr std::string_view kEnvironment = "ENV:";
  if (const RequestRow* row = find_row(kRequestRows, name)) {
    return request == nullptr ? nullptr : row->value(*request);
  }
  if (const TimeRow* row = find_row(kTimeRows, name)) return local_time(pool, row->format);
  if (equals_ignoring_case(name, "SERVER_SOFTWARE")) return ap_get_server_banner();
  if (equals_ignoring_case(name, "API_VERSION")) return kApiVersion;
  if (starts_with_ignoring_case(name, kEnvironment)) {
    const auto rest = name.substr(kEnvironment.size());
    return environment_variable(request, apr_pstrmemdup(pool, rest.data(), rest.size()));
  }
  if (starts_with_ignoring_case(name, kHeader) && request != nullptr) {
    const auto rest = name.substr(kHeader.size());
    return header(*request, apr_pstrmemdup(pool, rest.data(), rest.size()));
  }
  return nullptr;
}

}  // namespace tlsplus
