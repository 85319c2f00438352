// SPDX-License-Identifier: Apache-2.0
//
// Apache's headers, httpd's and APR's, which no other file includes. They are C, full of macros
// with ordinary names (OK, DONE, DECLINED), so nothing below httpd/ sees them. With
// AP_HAVE_DESIGNATED_INITIALIZER the command table keeps its function types.
#pragma once

#define AP_HAVE_DESIGNATED_INITIALIZER 1  // NOLINT(*-macro-usage)

extern "C" {
#include <ap_config.h>
#include <ap_expr.h>
#include <ap_listen.h>
#include <ap_mmn.h>
#include <ap_mpm.h>
#include <ap_provider.h>
#include <ap_release.h>
#include <ap_socache.h>
#include <apr_atomic.h>
#include <apr_general.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_portable.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <http_vhost.h>
#include <httpd.h>
#include <mod_auth.h>
#include <mod_log_config.h>
#include <mod_status.h>
#include <mpm_common.h>
#include <scoreboard.h>
#include <unixd.h>
#include <util_filter.h>
#include <util_mutex.h>
}

// CONN_STATE_ASYNC_WAITIO and AP_MPMQ_CAN_WAITIO came with httpd 2.4.63.
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 137)
#define TLSPLUS_CAN_WAITIO 1  // NOLINT(*-macro-usage)
#endif
