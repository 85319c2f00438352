// SPDX-License-Identifier: Apache-2.0
//
// The input filter: hands plaintext to whoever reads above it. Here is its entry, for the
// registration in filters.cpp.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"

namespace tlsplus {

/// Modes READBYTES, GETLINE, SPECULATIVE and INIT (util_filter.h); others APR_ENOTIMPL.
/// filter->ctx is the TlsConnection.
extern "C" apr_status_t tlsplus_input_filter(ap_filter_t* filter, apr_bucket_brigade* brigade,
                                             ap_input_mode_t mode, apr_read_type_e block,
                                             apr_off_t bytes) noexcept;

}  // namespace tlsplus
