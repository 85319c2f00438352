// SPDX-License-Identifier: Apache-2.0
//
// Records to and from the filters below ours, and nothing else: no plaintext passes here.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/httpd/connection/tls_connection.h"

namespace tlsplus {

/// Feeds the next piece of what was read from below, reading more if there is none. Asks the
/// filter below for all it has, once.
/// APR_SUCCESS: something was fed. APR_EAGAIN: nothing there (non-blocking only). APR_EOF: the
/// end was told to the connection. Anything else: the transport failed.
apr_status_t feed_from_below(TlsConnection& tls, apr_read_type_e block);

/// Waits until the socket can be read (POLLIN) or written (POLLOUT), at most until `deadline`, and
/// not longer than httpd's Timeout. APR_SUCCESS, APR_TIMEUP, or an error of the system's.
apr_status_t wait_for_socket(TlsConnection& tls, short what, Instant deadline) noexcept;
/// The same for so many milliseconds.
apr_status_t wait_for_socket(TlsConnection& tls, short what, int milliseconds) noexcept;

/// feed_from_below() and flush_below(), waiting at most until `deadline`. APR_TIMEUP: it came.
apr_status_t feed_from_below(TlsConnection& tls, Instant deadline);
apr_status_t flush_below(TlsConnection& tls, Instant deadline);

/// True if feed_from_below() would find something without asking the filter below.
[[nodiscard]] bool has_more_records(const TlsConnection& tls) noexcept;

/// Gives back what was read from below and is used up. httpd reads 8,000 bytes at a time, however
/// few there are.
void let_go_of_used_records(TlsConnection& tls) noexcept;

/// Puts `bucket`, which is in no brigade, into `tls.outgoing` behind the records made so far.
void place_behind_records(TlsConnection& tls, apr_bucket* bucket);

/// Hands all records and `tls.outgoing` down the chain, in the order in which they were made.
apr_status_t pass_below(TlsConnection& tls);

/// Records now, with a FLUSH behind them: returns when the kernel has them, or an error.
apr_status_t flush_below(TlsConnection& tls);
/// Records now, as far as they go without waiting. APR_EAGAIN: some are left in the filters.
apr_status_t push_below(TlsConnection& tls);

}  // namespace tlsplus
