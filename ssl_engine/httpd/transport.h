// SPDX-License-Identifier: Apache-2.0
//
// Records to and from the filters below ours, and nothing else: no plaintext passes here.
#pragma once

#include "ssl_engine/httpd/apache.h"
#include "ssl_engine/httpd/tls_connection.h"

namespace tlsplus {

/// Feeds the next piece of what was read from below, reading more if there is none. Asks the
/// filter below for all it has, once.
/// APR_SUCCESS: something was fed. APR_EAGAIN: nothing there (non-blocking only). APR_EOF: the
/// end was told to the connection. Anything else: the transport failed.
apr_status_t feed_from_below(TlsConnection& tls, apr_read_type_e block);

/// Appends whatever lies in out() to `tls.outgoing`; the bytes stay where they are until
/// pass_below().
void queue_records(TlsConnection& tls);

/// Hands `tls.outgoing` down the chain and forgets the records that were queued in it.
apr_status_t pass_below(TlsConnection& tls);

/// Records now, with a FLUSH behind them: returns when the kernel has them, or an error.
apr_status_t flush_below(TlsConnection& tls);
/// Records now, as far as they go without waiting. APR_EAGAIN: some are left in the filters.
apr_status_t push_below(TlsConnection& tls);

}  // namespace tlsplus
