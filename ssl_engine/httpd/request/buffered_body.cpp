// SPDX-License-Identifier: Apache-2.0
//
// keep_body(): reads the body within its time, and leaves a filter that gives it back. The filter
// takes the place of httpd's own, which has seen the end of the body: it must stand on the
// protocol's level, or the body would be lost in an internal redirect.
#include "ssl_engine/httpd/request/buffered_body.h"

#include <string_view>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/httpd/apache/log.h"

namespace tlsplus {
namespace {

constexpr const char* kFilterName = "SSL/TLS Buffer";  // part of the interface
constexpr apr_off_t kPieceBytes = 8192;
constexpr apr_off_t kLeastBytesPerSecond = 500;

bool has_body(const request_rec& request) noexcept {
  if (request.main != nullptr || request.expecting_100 != 0) return false;
  if (apr_table_get(request.headers_in, "Transfer-Encoding") != nullptr) return true;
  const char* length = apr_table_get(request.headers_in, "Content-Length");
  return length != nullptr && std::string_view(length) != "0";
}

/// Moves a piece to what is kept. OK, 413, or DONE at the end of the body.
int keep_piece(request_rec& request, apr_bucket_brigade* piece, apr_bucket_brigade* kept,
               apr_off_t& room) {
  while (!APR_BRIGADE_EMPTY(piece)) {
    apr_bucket* bucket = APR_BRIGADE_FIRST(piece);
    if (APR_BUCKET_IS_EOS(bucket)) return DONE;
    if (APR_BUCKET_IS_METADATA(bucket)) {
      apr_bucket_delete(bucket);
      continue;
    }
    const char* bytes = nullptr;
    apr_size_t size = 0;
    if (apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ) != APR_SUCCESS) {
      return HTTP_BAD_REQUEST;
    }
    room -= static_cast<apr_off_t>(size);
    if (room < 0) return HTTP_REQUEST_ENTITY_TOO_LARGE;
    if (apr_bucket_setaside(bucket, request.pool) != APR_SUCCESS) return HTTP_BAD_REQUEST;
    APR_BUCKET_REMOVE(bucket);
    APR_BRIGADE_INSERT_TAIL(kept, bucket);
  }
  return OK;
}

/// While this lives, reading ends at the pace that is given.
class Pace {
 public:
  explicit Pace(TlsConnection& tls) noexcept
      : tls_(tls), begin_(tls.clock().steady() + tls.handshake_timeout()) {
    tls_.channel.transport.read_until(begin_);
  }
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;
  ~Pace() { tls_.channel.transport.read_until(std::nullopt); }

  /// False: too late.
  bool allow_for(apr_off_t bytes) noexcept {
    const Instant deadline = begin_ + std::chrono::seconds{bytes / kLeastBytesPerSecond};
    tls_.channel.transport.read_until(deadline);
    return tls_.clock().steady() < deadline;
  }

 private:
  TlsConnection& tls_;
  Instant begin_;
};

int read_body(request_rec& request, TlsConnection& tls, apr_bucket_brigade* kept, apr_off_t limit) {
  Pace pace(tls);
  apr_off_t room = limit;
  apr_bucket_brigade* piece = apr_brigade_create(request.pool, request.connection->bucket_alloc);
  for (;;) {
    const apr_status_t status = ap_get_brigade(request.proto_input_filters, piece,
                                               AP_MODE_READBYTES, APR_BLOCK_READ, kPieceBytes);
    if (status != APR_SUCCESS) return ap_map_http_request_error(status, HTTP_BAD_REQUEST);
    const int moved = keep_piece(request, piece, kept, room);
    apr_brigade_cleanup(piece);
    if (moved != OK) return moved == DONE ? OK : moved;
    if (!pace.allow_for(limit - room)) return HTTP_REQUEST_TIME_OUT;
  }
}

apr_status_t give_back(ap_filter_t& filter, apr_bucket_brigade* brigade, ap_input_mode_t mode,
                       apr_off_t bytes) {
  auto* kept = static_cast<apr_bucket_brigade*>(filter.ctx);
  if (mode != AP_MODE_READBYTES && mode != AP_MODE_GETLINE) return APR_ENOTIMPL;
  if (APR_BRIGADE_EMPTY(kept)) {
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(filter.c->bucket_alloc));
    return APR_SUCCESS;
  }
  if (mode == AP_MODE_GETLINE) {
    return apr_brigade_split_line(brigade, kept, APR_BLOCK_READ, HUGE_STRING_LEN);
  }
  apr_bucket* rest = nullptr;
  const apr_status_t split = apr_brigade_partition(kept, bytes, &rest);
  if (split != APR_SUCCESS && split != APR_INCOMPLETE) return split;
  while (!APR_BRIGADE_EMPTY(kept) && APR_BRIGADE_FIRST(kept) != rest) {
    apr_bucket* bucket = APR_BRIGADE_FIRST(kept);
    APR_BUCKET_REMOVE(bucket);
    APR_BRIGADE_INSERT_TAIL(brigade, bucket);
  }
  if (APR_BRIGADE_EMPTY(kept)) {
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(filter.c->bucket_alloc));
  }
  return APR_SUCCESS;
}

extern "C" {

static apr_status_t tlsplus_kept_body(ap_filter_t* filter, apr_bucket_brigade* brigade,
                                      ap_input_mode_t mode, apr_read_type_e /*block*/,
                                      apr_off_t bytes) noexcept {
  ConnectionLog log(*filter->c);
  return at_boundary(log, "kept body", apr_status_t{APR_EGENERAL},
                     [&] { return give_back(*filter, brigade, mode, bytes); });
}

}  // extern "C"

}  // namespace

void register_kept_body_filter() {
  ap_register_input_filter(kFilterName, sealed(tlsplus_kept_body), nullptr, AP_FTYPE_PROTOCOL);
}

int keep_body(request_rec& request, TlsConnection& tls, apr_off_t limit) {
  if (!has_body(request)) return OK;
  apr_bucket_brigade* kept = apr_brigade_create(request.pool, request.connection->bucket_alloc);
  if (const int status = read_body(request, tls, kept, limit); status != OK) {
    request.connection->keepalive = AP_CONN_CLOSE;
    return status;
  }
  // They have done their work; what is kept is decoded.
  while (request.proto_input_filters->frec->ftype < AP_FTYPE_CONNECTION) {
    ap_remove_input_filter(request.proto_input_filters);
  }
  ap_add_input_filter(kFilterName, kept, &request, request.connection);
  return OK;
}

}  // namespace tlsplus
