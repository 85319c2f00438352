/* SPDX-License-Identifier: Apache-2.0
 *
 * A module that asks for variables the way other modules do, for t/variables/variables-modules.t, which builds
 * this with apxs: the handler "ask" answers with a line <how name=value> for each name of the query
 * string. ssl_var_lookup and ssl_ext_list are looked up by name, as a module does that was compiled
 * against mod_ssl's header; the hooks are the core's.
 */
#include <httpd.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <string.h>

APR_DECLARE_OPTIONAL_FN(char*, ssl_var_lookup,
                        (apr_pool_t*, server_rec*, conn_rec*, request_rec*, char*));
APR_DECLARE_OPTIONAL_FN(apr_array_header_t*, ssl_ext_list,
                        (apr_pool_t * p, conn_rec* c, int peer, const char* extension));
APR_DECLARE_OPTIONAL_FN(int, ssl_is_https, (conn_rec*));

static void say(request_rec* r, const char* how, const char* name, const char* value) {
  ap_rprintf(r, "<%s %s=%s>\n", how, name, value == NULL ? "(null)" : value);
}

static void ask(request_rec* r, char* name) {
  APR_OPTIONAL_FN_TYPE(ssl_var_lookup)* lookup = APR_RETRIEVE_OPTIONAL_FN(ssl_var_lookup);
  server_rec* s = r->server;
  conn_rec* c = r->connection;
  if (lookup == NULL) return;
  say(r, "function", name, lookup(r->pool, s, c, r, name));
  say(r, "function, no request", name, lookup(r->pool, s, c, NULL, name));
  say(r, "function, no connection", name, lookup(r->pool, s, NULL, r, name));
  say(r, "function, no pool", name, lookup(NULL, s, c, r, name));
  say(r, "function, nothing but a server", name, lookup(r->pool, s, NULL, NULL, name));
  /* The core asks the hook first, and the function if nobody answers it. */
  say(r, "core", name, ap_ssl_var_lookup(r->pool, s, c, r, name));
}

static void ask_extension(request_rec* r, int peer, const char* name) {
  APR_OPTIONAL_FN_TYPE(ssl_ext_list)* list = APR_RETRIEVE_OPTIONAL_FN(ssl_ext_list);
  apr_array_header_t* found = list == NULL ? NULL : list(r->pool, r->connection, peer, name);
  int i;
  if (found == NULL) {
    say(r, peer ? "peer" : "own", name, NULL);
    return;
  }
  for (i = 0; i < found->nelts; i++) {
    say(r, apr_psprintf(r->pool, "%s %d", peer ? "peer" : "own", i), name,
        APR_ARRAY_IDX(found, i, char*));
  }
}

static int handler(request_rec* r) {
  APR_OPTIONAL_FN_TYPE(ssl_is_https)* is_https = APR_RETRIEVE_OPTIONAL_FN(ssl_is_https);
  char* rest;
  char* name;
  if (r->handler == NULL || strcmp(r->handler, "ask") != 0) return DECLINED;
  ap_set_content_type(r, "text/plain");
  say(r, "is", "https", is_https != NULL && is_https(r->connection) ? "on" : "off");
  say(r, "core is", "https", ap_ssl_conn_is_ssl(r->connection) ? "on" : "off");
  for (name = apr_strtok(apr_pstrdup(r->pool, r->args == NULL ? "" : r->args), ",", &rest);
       name != NULL; name = apr_strtok(NULL, ",", &rest)) {
    if (strncmp(name, "oid:", 4) == 0) {
      ask_extension(r, 1, name + 4);
      ask_extension(r, 0, name + 4);
    } else {
      ask(r, name);
    }
  }
  return OK;
}

static void register_hooks(apr_pool_t* pool) {
  (void)pool;
  ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA ask_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0};
