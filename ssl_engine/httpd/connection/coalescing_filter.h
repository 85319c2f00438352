// SPDX-License-Identifier: Apache-2.0
//
// The coalescing filter: lets the head of a response share a record with its body. Here is its
// entry, for the registration in filters.cpp.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Keeps a small head of a response until what follows takes it along, and passes everything else.
/// May be removed at any time: what it keeps belongs to the connection. filter->ctx is the
/// TlsConnection.
extern "C" apr_status_t tlsplus_coalescing_filter(ap_filter_t* filter,
                                                  apr_bucket_brigade* brigade) noexcept;

}  // namespace tlsplus
