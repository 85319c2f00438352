// SPDX-License-Identifier: Apache-2.0
//
// The optional hooks of mod_ssl, by the names and types under which modules written for it
// register. httpd's dev package has no header for them, so they are declared here.
#pragma once

#include "ssl_engine/httpd/apache/apache.h"
#include "ssl_engine/openssl/handles.h"  // SSL, SSL_CTX, X509, EVP_PKEY

#define SSL_DECLARE(type) type  // NOLINT(*-macro-usage): APR's hook macros paste it

extern "C" {

APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, init_server,
                          (server_rec * server, apr_pool_t* pool, int is_proxy, SSL_CTX* context))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, pre_handshake,
                          (conn_rec * connection, SSL* ssl, int is_proxy))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, proxy_post_handshake, (conn_rec * connection, SSL* ssl))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, add_cert_files,
                          (server_rec * server, apr_pool_t* pool, apr_array_header_t* certificates,
                           apr_array_header_t* keys))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, add_fallback_cert_files,
                          (server_rec * server, apr_pool_t* pool, apr_array_header_t* certificates,
                           apr_array_header_t* keys))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, answer_challenge,
                          (conn_rec * connection, const char* server_name, X509** certificate,
                           EVP_PKEY** key))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, init_stapling_status,
                          (server_rec * server, apr_pool_t* pool, X509* certificate, X509* issuer))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, get_stapling_status,
                          (unsigned char** der, int* size, conn_rec* connection, server_rec* server,
                           X509* certificate))
}
