/* SPDX-License-Identifier: Apache-2.0
 *
 * What an ACME module does, for t/keys/peer-hooks.t, which builds this with apxs: it hands out
 * certificates, temporary ones, the certificate of an acme-tls/1 challenge and OCSP responses, by
 * httpd's core hooks or by the optional ones of modules that were written for mod_ssl. Every call
 * is a line in the error log.
 *
 *   Peer core|old FUNCTION FILE...      what this virtual host gets; without a line, nothing
 *   Peer core ask FILE ID               it asks for OCSP responses to the certificate in FILE itself
 */
#include <httpd.h>

#include <apr_file_io.h>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#define CHALLENGE "acme-tls/1"
#define SSL_DECLARE(type) type

APLOG_USE_MODULE(peer);
extern module AP_MODULE_DECLARE_DATA peer_module;

struct role {
  const char* way;
  const char* function;
  const char* first;
  const char* second;
};

struct slot {
  apr_array_header_t* roles;
};

static void* make_slot(apr_pool_t* pool, server_rec* s) {
  struct slot* slot = apr_pcalloc(pool, sizeof(*slot));
  (void)s;
  slot->roles = apr_array_make(pool, 2, sizeof(struct role));
  return slot;
}

static const char* take_role(cmd_parms* cmd, void* dir, int argc, char* const argv[]) {
  struct slot* slot = ap_get_module_config(cmd->server->module_config, &peer_module);
  struct role* role = apr_array_push(slot->roles);
  (void)dir;
  if (argc < 2 || argc > 4) return "Peer takes two to four arguments";
  role->way = argv[0];
  role->function = argv[1];
  role->first = argc > 2 ? argv[2] : NULL;
  role->second = argc > 3 ? argv[3] : NULL;
  return NULL;
}

static const struct role* role_of(const server_rec* s, const char* way, const char* function) {
  const struct slot* slot = ap_get_module_config(s->module_config, &peer_module);
  int at;
  for (at = 0; at < slot->roles->nelts; at++) {
    const struct role* role = &APR_ARRAY_IDX(slot->roles, at, struct role);
    if (strcmp(role->way, way) == 0 && strcmp(role->function, function) == 0) return role;
  }
  return NULL;
}

static void say(const server_rec* s, const char* way, const char* function, const char* about) {
  ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, "peer: %s %s for %s: %s", way, function,
               s->server_hostname ? s->server_hostname : "-", about);
}

static const char* text_of(const char* path, apr_pool_t* pool, apr_size_t* size) {
  apr_file_t* file;
  apr_finfo_t info;
  char* text;
  if (apr_file_open(&file, path, APR_FOPEN_READ, 0, pool) != APR_SUCCESS) return NULL;
  if (apr_file_info_get(&info, APR_FINFO_SIZE, file) != APR_SUCCESS) return NULL;
  *size = (apr_size_t)info.size;
  text = apr_pcalloc(pool, *size + 1);
  if (apr_file_read_full(file, text, *size, NULL) != APR_SUCCESS) return NULL;
  apr_file_close(file);
  return text;
}

/* ---- certificates ---- */

static int add(server_rec* s, apr_array_header_t* certificates, apr_array_header_t* keys,
               const char* way, const char* function) {
  const struct role* role = role_of(s, way, function);
  if (role == NULL) return DECLINED;
  say(s, way, function,
      apr_psprintf(certificates->pool, "%d already there", certificates->nelts));
  APR_ARRAY_PUSH(certificates, const char*) = role->first;
  APR_ARRAY_PUSH(keys, const char*) = role->second;
  return OK;
}

static int core_add(server_rec* s, apr_pool_t* p, apr_array_header_t* c, apr_array_header_t* k) {
  (void)p;
  return add(s, c, k, "core", "add");
}

static int core_fallback(server_rec* s, apr_pool_t* p, apr_array_header_t* c,
                         apr_array_header_t* k) {
  (void)p;
  return add(s, c, k, "core", "fallback");
}

static int old_add(server_rec* s, apr_pool_t* p, apr_array_header_t* c, apr_array_header_t* k) {
  (void)p;
  return add(s, c, k, "old", "add");
}

static int old_fallback(server_rec* s, apr_pool_t* p, apr_array_header_t* c,
                        apr_array_header_t* k) {
  (void)p;
  return add(s, c, k, "old", "fallback");
}

/* ---- the challenge ---- */

static int propose(conn_rec* c, request_rec* r, server_rec* s, const apr_array_header_t* offers,
                   apr_array_header_t* proposals) {
  (void)s;
  if (r != NULL || !ap_ssl_conn_is_ssl(c)) return DECLINED;
  if (!ap_array_str_contains(offers, CHALLENGE)) return DECLINED;
  APR_ARRAY_PUSH(proposals, const char*) = CHALLENGE;
  return OK;
}

static int change(conn_rec* c, request_rec* r, server_rec* s, const char* protocol) {
  (void)r;
  (void)s;
  if (strcmp(protocol, CHALLENGE) != 0) return DECLINED;
  apr_table_setn(c->notes, "peer-protocol", CHALLENGE);
  return OK;
}

static const char* current(const conn_rec* c) { return apr_table_get(c->notes, "peer-protocol"); }

static int core_challenge(conn_rec* c, const char* name, const char** certificate,
                          const char** key) {
  const struct role* role = role_of(c->base_server, "core", "challenge");
  apr_size_t size;
  if (role == NULL) return DECLINED;
  say(c->base_server, "core", "challenge", name);
  *certificate = text_of(role->first, c->pool, &size);
  *key = text_of(role->second, c->pool, &size);
  return OK;
}

static int old_challenge(conn_rec* c, const char* name, X509** certificate, EVP_PKEY** key) {
  const struct role* role = role_of(c->base_server, "old", "challenge");
  apr_size_t size;
  BIO* bio;
  if (role == NULL) return DECLINED;
  say(c->base_server, "old", "challenge", name);
  bio = BIO_new_mem_buf(text_of(role->first, c->pool, &size), -1);
  *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
  BIO_free(bio);
  bio = BIO_new_mem_buf(text_of(role->second, c->pool, &size), -1);
  *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
  BIO_free(bio);
  return OK;
}

/* ---- OCSP responses ---- */

static const char* hex(apr_pool_t* pool, const char* id, apr_size_t size) {
  char* out = apr_palloc(pool, 2 * size + 1);
  ap_bin2hex(id, size, out);
  return out;
}

static int core_prime(server_rec* s, apr_pool_t* pool, const char* id, apr_size_t id_size,
                      const char* pem) {
  const struct role* role = role_of(s, "core", "staple");
  const char* at;
  int certificates = 0;
  if (role == NULL) return DECLINED;
  for (at = pem; (at = strstr(at, "-----BEGIN CERTIFICATE-----")) != NULL; at++) certificates++;
  say(s, "core", "prime",
      apr_psprintf(pool, "%s of %d certificates", hex(pool, id, id_size), certificates));
  return OK;
}

static int core_staple(server_rec* s, conn_rec* c, const char* id, apr_size_t id_size,
                       ap_ssl_ocsp_copy_resp* give, void* data) {
  const struct role* role = role_of(s, "core", "staple");
  apr_size_t size;
  const char* der;
  if (role == NULL) return DECLINED;
  say(s, "core", "staple", hex(c->pool, id, id_size));
  der = text_of(role->first, c->pool, &size);
  give((const unsigned char*)der, size, data);
  return OK;
}

static int old_prime(server_rec* s, apr_pool_t* pool, X509* certificate, X509* issuer) {
  const struct role* role = role_of(s, "old", "staple");
  if (role == NULL || certificate == NULL) return DECLINED;
  say(s, "old", "prime",
      apr_psprintf(pool, "%s issuer", issuer != NULL ? "with" : "without"));
  return OK;
}

static int old_staple(unsigned char** der, int* size, conn_rec* c, server_rec* s,
                      X509* certificate) {
  const struct role* role = role_of(s, "old", "staple");
  apr_size_t length;
  const char* text;
  if (role == NULL || certificate == NULL) return DECLINED;
  say(s, "old", "staple", "asked");
  text = text_of(role->first, c->pool, &length);
  *der = OPENSSL_memdup(text, length);
  *size = (int)length;
  return OK;
}

/* ---- the other side of that: a TLS module that wants responses for certificates of its own ---- */

static int ask_prime(apr_pool_t* p, apr_pool_t* plog, apr_pool_t* ptemp, server_rec* s) {
  (void)plog;
  (void)ptemp;
  for (; s != NULL; s = s->next) {
    const struct role* role = role_of(s, "core", "ask");
    apr_size_t size;
    apr_status_t answer;
    if (role == NULL) continue;
    answer = ap_ssl_ocsp_prime(s, p, role->second, strlen(role->second),
                               text_of(role->first, p, &size));
    say(s, "core", "ask", answer == APR_SUCCESS ? "provided" : "not provided");
  }
  return OK;
}

static void print_response(const unsigned char* der, apr_size_t size, void* r) {
  ap_rwrite(der, (int)size, r);
}

/* SetHandler peer-staple: the response under the id that is the query, or 404. */
static int ask_staple(request_rec* r) {
  if (r->handler == NULL || strcmp(r->handler, "peer-staple") != 0) return DECLINED;
  if (r->args == NULL) return HTTP_BAD_REQUEST;
  return ap_ssl_ocsp_get_resp(r->server, r->connection, r->args, strlen(r->args), print_response,
                              r) == APR_SUCCESS
             ? OK
             : HTTP_NOT_FOUND;
}

/* ---- OpenSSL's own objects ---- */

static int init_server(server_rec* s, apr_pool_t* p, int is_proxy, SSL_CTX* context) {
  const struct role* role = role_of(s, "old", "init");
  (void)p;
  if (role == NULL) return DECLINED;
  say(s, "old", "init", context == NULL ? "nothing" : is_proxy ? "for backends" : "for a server");
  if (role->first != NULL && strcmp(role->first, "refuse") == 0) return HTTP_FORBIDDEN;
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  return OK;
}

static int pre_handshake(conn_rec* c, SSL* ssl, int is_proxy) {
  const struct role* role = role_of(c->base_server, "old", "handshake");
  if (role == NULL) return DECLINED;
  say(c->base_server, "old", "handshake",
      !is_proxy && SSL_get_app_data(ssl) == (void*)c ? "with its connection" : "of a stranger");
  return role->first != NULL && strcmp(role->first, "refuse") == 0 ? HTTP_FORBIDDEN : OK;
}

APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, init_server,
                          (server_rec * s, apr_pool_t* p, int is_proxy, SSL_CTX* context))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, pre_handshake, (conn_rec * c, SSL* ssl, int is_proxy))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, add_cert_files,
                          (server_rec * s, apr_pool_t* p, apr_array_header_t* certificates,
                           apr_array_header_t* keys))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, add_fallback_cert_files,
                          (server_rec * s, apr_pool_t* p, apr_array_header_t* certificates,
                           apr_array_header_t* keys))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, answer_challenge,
                          (conn_rec * c, const char* name, X509** certificate, EVP_PKEY** key))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, init_stapling_status,
                          (server_rec * s, apr_pool_t* p, X509* certificate, X509* issuer))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, get_stapling_status,
                          (unsigned char** der, int* size, conn_rec* c, server_rec* s,
                           X509* certificate))

static void register_hooks(apr_pool_t* pool) {
  (void)pool;
  ap_hook_ssl_add_cert_files(core_add, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_ssl_add_fallback_cert_files(core_fallback, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_ssl_answer_challenge(core_challenge, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_ssl_ocsp_prime_hook(core_prime, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_ssl_ocsp_get_resp_hook(core_staple, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_post_config(ask_prime, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_handler(ask_staple, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_protocol_propose(propose, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_protocol_switch(change, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_protocol_get(current, NULL, NULL, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ssl, add_cert_files, old_add, NULL, NULL, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ssl, add_fallback_cert_files, old_fallback, NULL, NULL, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ssl, answer_challenge, old_challenge, NULL, NULL, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ssl, init_stapling_status, old_prime, NULL, NULL, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ssl, get_stapling_status, old_staple, NULL, NULL, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ssl, init_server, init_server, NULL, NULL, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ssl, pre_handshake, pre_handshake, NULL, NULL, APR_HOOK_MIDDLE);
}

static const command_rec commands[] = {
    AP_INIT_TAKE_ARGV("Peer", take_role, NULL, RSRC_CONF, "way, function and its files"), {NULL}};

module AP_MODULE_DECLARE_DATA peer_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, make_slot, NULL, commands, register_hooks};
