// SPDX-License-Identifier: Apache-2.0
//
// watch_plain_port(): the filter that watches a port without TLS: one look, at the first bytes;
// from then on the filter only passes on.
#include "ssl_engine/httpd/connection/plain_port.h"

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"

namespace tlsplus {
namespace {

constexpr const char* kFilterName = "tlsplus plain port";
// Right above the network: nothing was taken away yet.
constexpr auto kFilterType = static_cast<ap_filter_type>(AP_FTYPE_CONNECTION + 5);

bool begins_like_client_hello(std::string_view bytes) noexcept {
  // A handshake record of SSLv3 or TLS (RFC 8446 5.1); no HTTP method starts like this.
  return bytes.size() >= 2 ? bytes.starts_with("\x16\x03") : bytes == "\x16";
}

apr_status_t refuse(conn_rec& connection, const Host& host) {
  ConnectionLog log(connection);
  const std::string place =
      host.defined_at.file.empty()
          ? std::string()
          : text(", defined at ", host.defined_at.file, ":", host.defined_at.line);
  log_error(log, diagnose(Tp::tls_on_plain_http,
                          text("virtual host ", host.name, place, " has no SSLEngine on")));
  connection.aborted = 1;
  return APR_ECONNABORTED;
}

/// A peek first: a reader of lines would wait for the end of a line that never comes.
apr_status_t look(ap_filter_t& filter, apr_bucket_brigade* brigade, apr_read_type_e block) {
  constexpr apr_off_t kEnough = 2;
  const apr_status_t status =
      ap_get_brigade(filter.next, brigade, AP_MODE_SPECULATIVE, block, kEnough);
  apr_bucket* first = APR_BRIGADE_FIRST(brigade);
  if (status != APR_SUCCESS) return status;
  if (first == APR_BRIGADE_SENTINEL(brigade)) {
    return block == APR_NONBLOCK_READ ? APR_EAGAIN : APR_SUCCESS;
  }
  const char* bytes = nullptr;
  apr_size_t size = 0;
  if (!APR_BUCKET_IS_METADATA(first)) {
    (void)apr_bucket_read(first, &bytes, &size, APR_NONBLOCK_READ);
  }
  const bool is_hello = begins_like_client_hello({bytes, size});
  apr_brigade_cleanup(brigade);
  if (is_hello) return refuse(*filter.c, *static_cast<const Host*>(filter.ctx));
  return APR_SUCCESS;
}

extern "C" {

static apr_status_t tlsplus_plain_port(ap_filter_t* filter, apr_bucket_brigade* brigade,
                                       ap_input_mode_t mode, apr_read_type_e block,
                                       apr_off_t bytes) noexcept {
  if (mode == AP_MODE_INIT || filter->ctx == nullptr) {
    return ap_get_brigade(filter->next, brigade, mode, block, bytes);
  }
  ConnectionLog log(*filter->c);
  const apr_status_t status = at_boundary(log, "plain port filter", apr_status_t{APR_SUCCESS},
                                          [&] { return look(*filter, brigade, block); });
  if (status != APR_SUCCESS) return status;
  // Not removed: the request being read began its chain at the connection's first filter, and
  // httpd, adding HTTP_IN there, would link it to a filter that is gone.
  filter->ctx = nullptr;
  return ap_get_brigade(filter->next, brigade, mode, block, bytes);
}

}  // extern "C"

}  // namespace

void watch_plain_port(conn_rec& connection, const Host& host) {
  ap_add_input_filter(kFilterName, const_cast<Host*>(&host), nullptr, &connection);
}

void register_plain_port_filter() {
  ap_register_input_filter(kFilterName, sealed(tlsplus_plain_port), nullptr, kFilterType);
}

}  // namespace tlsplus
