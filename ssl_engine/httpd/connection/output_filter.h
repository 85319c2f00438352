// SPDX-License-Identifier: Apache-2.0
//
// The output filter: makes records of what is written above it. Here is its entry, for the
// registration in filters.cpp.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Takes all of `brigade`; what it cannot send at once lies encrypted in the core's filter.
/// filter->ctx is the TlsConnection.
extern "C" apr_status_t tlsplus_output_filter(ap_filter_t* filter,
                                              apr_bucket_brigade* brigade) noexcept;

}  // namespace tlsplus
