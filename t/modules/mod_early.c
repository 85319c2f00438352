/* SPDX-License-Identifier: Apache-2.0
 *
 * What modules look up before a handshake is done, for t/serve/early-lookups.t, which builds this with apxs: as
 * mod_http2 does, it asks for variables where the protocol is chosen; the values are a line in the error log.
 *
 *   Early NAME...      the variables, for the whole server
 */
#include <httpd.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_ssl.h>

APLOG_USE_MODULE(early);
extern module AP_MODULE_DECLARE_DATA early_module;

static apr_array_header_t* names;

static const char* add_name(cmd_parms* cmd, void* dir, const char* name) {
  (void)dir;
  if (names == NULL) names = apr_array_make(cmd->pool, 8, sizeof(const char*));
  APR_ARRAY_PUSH(names, const char*) = name;
  return NULL;
}

static int propose(conn_rec* c, request_rec* r, server_rec* s, const apr_array_header_t* offers,
                   apr_array_header_t* proposals) {
  int at;
  (void)offers;
  (void)proposals;
  ap_log_cerror(APLOG_MARK, APLOG_INFO, 0, c, "early: is_ssl=%d", ap_ssl_conn_is_ssl(c));
  for (at = 0; names != NULL && at < names->nelts; at++) {
    const char* name = APR_ARRAY_IDX(names, at, const char*);
    const char* value = ap_ssl_var_lookup(c->pool, s, c, r, name);
    ap_log_cerror(APLOG_MARK, APLOG_INFO, 0, c, "early: %s=%s", name, value ? value : "(null)");
  }
  return DECLINED;
}

static int forget_names(apr_pool_t* pconf, apr_pool_t* plog, apr_pool_t* ptemp) {
  (void)pconf;
  (void)plog;
  (void)ptemp;
  names = NULL;
  return OK;
}

static void register_hooks(apr_pool_t* pool) {
  (void)pool;
  ap_hook_pre_config(forget_names, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_protocol_propose(propose, NULL, NULL, APR_HOOK_FIRST);
}

static const command_rec commands[] = {
    AP_INIT_ITERATE("Early", add_name, NULL, RSRC_CONF, "variables to look up"), {NULL}};

module AP_MODULE_DECLARE_DATA early_module = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands,
                            register_hooks};
