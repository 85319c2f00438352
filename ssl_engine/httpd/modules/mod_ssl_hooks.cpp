// SPDX-License-Identifier: Apache-2.0
//
// The optional hooks of mod_ssl, and how they are run. APR writes the bodies: each looks its hook
// up by name and runs whoever registered.
#include "ssl_engine/httpd/modules/mod_ssl_hooks.h"

extern "C" {

APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, init_server,
                                    (server_rec * server, apr_pool_t* pool, int is_proxy,
                                     SSL_CTX* context),
                                    (server, pool, is_proxy, context), OK, DECLINED)
APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, pre_handshake,
                                    (conn_rec * connection, SSL* ssl, int is_proxy),
                                    (connection, ssl, is_proxy), OK, DECLINED)
APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, proxy_post_handshake,
                                    (conn_rec * connection, SSL* ssl), (connection, ssl), OK,
                                    DECLINED)
APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, add_cert_files,
                                    (server_rec * server, apr_pool_t* pool,
                                     apr_array_header_t* certificates, apr_array_header_t* keys),
                                    (server, pool, certificates, keys), OK, DECLINED)
APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, add_fallback_cert_files,
                                    (server_rec * server, apr_pool_t* pool,
                                     apr_array_header_t* certificates, apr_array_header_t* keys),
                                    (server, pool, certificates, keys), OK, DECLINED)
APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, answer_challenge,
                                    (conn_rec * connection, const char* server_name,
                                     X509** certificate, EVP_PKEY** key),
                                    (connection, server_name, certificate, key), DECLINED, DECLINED)
APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, init_stapling_status,
                                    (server_rec * server, apr_pool_t* pool, X509* certificate,
                                     X509* issuer),
                                    (server, pool, certificate, issuer), DECLINED, DECLINED)
APR_IMPLEMENT_OPTIONAL_HOOK_RUN_ALL(ssl, SSL, int, get_stapling_status,
                                    (unsigned char** der, int* size, conn_rec* connection,
                                     server_rec* server, X509* certificate),
                                    (der, size, connection, server, certificate), DECLINED,
                                    DECLINED)
}
