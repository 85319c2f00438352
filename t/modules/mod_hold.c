/* SPDX-License-Identifier: Apache-2.0
 *
 * A module that makes a worker late, for t/lifecycle/stopping-child.t, which builds this with apxs: a new
 * connection waits before anybody has counted it for as long as `HoldAt fifo` has no writer. A file
 * beside the fifo, its name with ".held", says that it waits. Without the fifo it goes on at once.
 */
#include <httpd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <http_config.h>
#include <http_connection.h>
#include <sys/stat.h>
#include <unistd.h>

static const char* fifo;

static const char* set_fifo(cmd_parms* cmd, void* directory, const char* path) {
  (void)cmd;
  (void)directory;
  fifo = path;
  return NULL;
}

static conn_rec* create_connection(apr_pool_t* pool, server_rec* server, apr_socket_t* socket,
                                   long id, void* place, apr_bucket_alloc_t* buckets) {
  struct stat found;
  (void)server;
  (void)socket;
  (void)id;
  (void)place;
  (void)buckets;
  if (fifo != NULL && stat(fifo, &found) == 0) {
    int held = open(apr_pstrcat(pool, fifo, ".held", NULL), O_WRONLY | O_CREAT, 0644);
    int writer = open(fifo, O_RDONLY);
    if (held >= 0) close(held);
    if (writer >= 0) close(writer);
  }
  return NULL;
}

static void register_hooks(apr_pool_t* pool) {
  (void)pool;
  ap_hook_create_connection(create_connection, NULL, NULL, APR_HOOK_FIRST);
}

static const command_rec commands[] = {
    AP_INIT_TAKE1("HoldAt", set_fifo, NULL, RSRC_CONF, "a fifo that connections wait at"), {NULL}};

module AP_MODULE_DECLARE_DATA hold_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, register_hooks, 0};
