// SPDX-License-Identifier: Apache-2.0
//
// register_client_cert_hooks(): SSLClientCertHeader's place in a request. No request gets further
// with a client's own header. There are four looks at a request. As soon as it was read, and again
// when its directory is known, what the client sent under these names goes, before any other module
// can act on it. After the access phase, in which a directory may have asked for the certificate,
// it goes again and ours comes. And with the end of the body trailers come (RFC 9110 6.5), which
// "MergeTrailers on" makes headers.
#include "ssl_engine/httpd/request/client_cert_hooks.h"

#include <span>
#include <string>
#include <vector>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/connection/tls_view.h"
#include "ssl_engine/httpd/request/tls_request.h"
#include "ssl_engine/httpd/startup/generation.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/request/client_cert_header.h"
#include "ssl_engine/request/environment.h"

namespace tlsplus {
namespace {

const Setting<bool>& wanted_in(const request_rec& request) noexcept {
  return slot_of(request).config.client_cert_header;
}

/// A subrequest shares the header of its main request, which is to see what its own directory says.
void part_from_main(request_rec& request) {
  if (request.main == nullptr || request.headers_in != request.main->headers_in) return;
  const Setting<bool>& mains = wanted_in(*request.main);
  if (mains.is_set() && *mains != *wanted_in(request)) {
    request.headers_in = apr_table_copy(request.pool, request.headers_in);
  }
}

void clean(apr_table_t& headers) {
  constexpr const char* kConnection = "Connection";
  const apr_array_header_t* all = apr_table_elts(&headers);
  const std::span entries(reinterpret_cast<const apr_table_entry_t*>(all->elts),
                          static_cast<std::size_t>(all->nelts));
  std::vector<std::string> names;
  std::vector<std::string> connection;  // several, if a trailer is one
  for (const apr_table_entry_t& entry : entries) {
    if (entry.key == nullptr) continue;
    if (is_client_cert_name(entry.key)) names.emplace_back(entry.key);
    if (equals_ignoring_case(entry.key, kConnection)) connection.emplace_back(entry.val);
  }
  for (const std::string& name : names) apr_table_unset(&headers, name.c_str());
  // mod_proxy removes whatever a client lists here, ours too.
  const std::string listed = join(connection, ", ");
  const std::string kept = without_client_cert(listed);
  if (kept == listed) return;
  apr_table_unset(&headers, kConnection);
  if (!kept.empty()) apr_table_set(&headers, kConnection, kept.c_str());
}

void clean_if_set(request_rec& request) {
  if (!wanted_in(request).is_set()) return;
  part_from_main(request);
  clean(*request.headers_in);
  // A page of SSI leaves its own header in the environment of what it includes.
  for (const char* name : {"HTTP_CLIENT_CERT", "HTTP_CLIENT_CERT_CHAIN"}) {
    apr_table_unset(request.subprocess_env, name);
  }
}

constexpr const char* kTrailersName = "SSL/TLS Client-Cert Trailers";

void fill(request_rec& request, LogSink& log) {
  const TlsView* tls = tls_view(*request.connection);
  if (tls == nullptr || tls->cache == nullptr || !is_tls_request(request)) return;
  bool is_new = false;
  const auto fields = tls->cache->client_cert(*tls, is_new);
  if (is_new && !fields->too_large.empty()) {
    log_paced(*request.server, log, diagnose(Tp::client_cert_too_large, fields->too_large));
  }
  if (fields->leaf.empty()) return;
  apr_table_set(request.headers_in, kClientCertHeader, fields->leaf.c_str());
  if (fields->chain.empty()) return;
  apr_table_set(request.headers_in, kClientCertChainHeader, fields->chain.c_str());
}

void clean_and_fill(request_rec& request, LogSink& log) {
  clean_if_set(request);
  if (wanted_in(request).value_or(false)) fill(request, log);
}

/// A body of known length has none; over HTTP/2 every body may.
bool may_have_trailers(const request_rec& request) noexcept {
  return request.connection->master != nullptr ||
         apr_table_get(request.headers_in, "Transfer-Encoding") != nullptr;
}

apr_status_t pass_body(ap_filter_t& filter, apr_bucket_brigade& brigade, ap_input_mode_t mode,
                       apr_read_type_e block, apr_off_t bytes, LogSink& log) {
  const apr_status_t status = ap_get_brigade(filter.next, &brigade, mode, block, bytes);
  if (status != APR_SUCCESS || APR_BRIGADE_EMPTY(&brigade) ||
      !APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(&brigade))) {
    return status;
  }
  request_rec& request = *filter.r;
  clean(*request.trailers_in);
  clean_and_fill(request, log);
  ap_remove_input_filter(&filter);
  return status;
}

extern "C" {

static apr_status_t tlsplus_client_cert_trailers(ap_filter_t* filter, apr_bucket_brigade* brigade,
                                                 ap_input_mode_t mode, apr_read_type_e block,
                                                 apr_off_t bytes) noexcept {
  RequestLog log(*filter->r);
  return at_boundary(log, "client certificate header", apr_status_t{APR_EGENERAL},
                     [&] { return pass_body(*filter, *brigade, mode, block, bytes, log); });
}

static void tlsplus_watch_trailers(request_rec* request) noexcept {
  if (!wanted_in(*request).is_set() || request->main != nullptr) return;
  if (!may_have_trailers(*request)) return;
  (void)ap_add_input_filter(kTrailersName, nullptr, request, request->connection);
}

static int tlsplus_clean_client_cert(request_rec* request) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "client certificate header", int{HTTP_INTERNAL_SERVER_ERROR}, [&] {
    clean_if_set(*request);
    return DECLINED;
  });
}

static int tlsplus_fill_client_cert(request_rec* request) noexcept {
  RequestLog log(*request);
  return at_boundary(log, "client certificate header", int{HTTP_INTERNAL_SERVER_ERROR}, [&] {
    clean_and_fill(*request, log);
    return DECLINED;
  });
}

}  // extern "C"

}  // namespace

void register_client_cert_hooks() {
  static const char* const before_setenvif[] = {"mod_setenvif.c", nullptr};
  ap_hook_post_read_request(sealed(tlsplus_clean_client_cert), nullptr, before_setenvif,
                            APR_HOOK_FIRST);
  ap_hook_header_parser(sealed(tlsplus_clean_client_cert), nullptr, before_setenvif,
                        APR_HOOK_FIRST);
  // The first to see the body, so that all who read it come after.
  ap_register_input_filter(kTrailersName, sealed(tlsplus_client_cert_trailers), nullptr,
                           static_cast<ap_filter_type>(AP_FTYPE_PROTOCOL - 1));
  ap_hook_insert_filter(sealed(tlsplus_watch_trailers), nullptr, nullptr, APR_HOOK_FIRST);
  ap_hook_fixups(sealed(tlsplus_fill_client_cert), nullptr, nullptr, APR_HOOK_FIRST);
}

}  // namespace tlsplus
